/**
 * The shapes that cross our modules. Only types: the frontend publishes none that can be used.
 *
 * @typedef {object} Slot
 * @property {string} id            stable, never used twice
 * @property {string} image         file name in the pool's folder
 * @property {string | null} mask   file name; a new one for every mask that is saved
 * @property {string} label
 * @property {number} added         seconds since 1970
 * @property {string | null} name   what the person's file was called
 * @property {number | null} size   bytes
 * @property {string | null} sha256
 * @property {number | null} width  pixels
 * @property {number | null} height
 * @property {boolean} [missing]    only there, and true, when its file is gone
 *
 * @typedef {object} PoolAnswer
 * @property {string} pool_id
 * @property {Slot[]} slots
 * @property {number} active
 * @property {number} count
 * @property {number} revision
 * @property {{id: string, name: string} | null} profile
 * @property {number} trash
 *
 * @typedef {object} TrashItem
 * @property {string} item
 * @property {"slot" | "mask" | "image"} kind
 * @property {Slot} slot
 * @property {number} deleted
 *
 * @typedef {object} Profile
 * @property {string} id
 * @property {string} name
 * @property {number} created
 * @property {number} count
 * @property {string | null} cover
 * @property {string} [owner]
 * @property {number} [deleted]
 *
 * @typedef {object} Widget
 * @property {string} name
 * @property {any} value
 * @property {any} [options]
 * @property {boolean} [hidden]
 * @property {string} [label]
 * @property {(value: any) => void} [callback]
 *
 * @typedef {object} GraphNode
 * @property {string | number} id
 * @property {string} [comfyClass]
 * @property {string} [title]
 * @property {number} [mode]
 * @property {any} [graph]
 * @property {any} [subgraph]
 * @property {Record<string, any>} properties
 * @property {Widget[]} [widgets]
 * @property {{name: string, type: string, link?: number | null}[]} inputs
 * @property {{name: string, type: string}[]} outputs
 * @property {boolean} [isVirtualNode]
 * @property {(slot: number) => any} [getInputLink]
 * @property {(slot: number) => any} [resolveVirtualOutput]
 * @property {() => boolean} [isSubgraphNode]
 * @property {(foreground: boolean, background?: boolean) => void} [setDirtyCanvas]
 */
export {};
