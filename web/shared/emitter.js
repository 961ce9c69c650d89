/**
 * A list of listeners. `add` answers the function that takes the listener off again.
 *
 * @template T
 * @returns {{add: (listener: (value: T) => void) => () => void, emit: (value: T) => void, readonly size: number}}
 */
export function createEmitter() {
  /** @type {Set<(value: T) => void>} */
  const listeners = new Set();
  return {
    add(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit(value) {
      for (const listener of [...listeners]) listener(value);
    },
    get size() {
      return listeners.size;
    },
  };
}
