/**
 * The slider of the brush runs from 0 to 100 and its size grows by ratio: small sizes need the fine steps.
 */

export const LARGEST = 512; // px across

/** @param {number} position 0 to 100 @returns {number} px across */
export const sizeAt = (position) => Math.max(1, Math.round(LARGEST ** (position / 100)));

/** @param {number} size px across @returns {number} */
export const positionOf = (size) => (100 * Math.log(Math.max(1, size))) / Math.log(LARGEST);
