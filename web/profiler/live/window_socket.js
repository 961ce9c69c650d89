const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * A websocket of the window's own: it comes without a client id, so the server mints one, and the socket of the
 * main tab stays as it is. Whenever there is a new id the server is asked to tell this one too.
 *
 * @param {string} url @param {(sid: string) => void} onId @param {(type: string, data: any) => void} onMessage
 * @returns {() => void} closes it for good
 */
export function openWindowSocket(url, onId, onMessage) {
  let socket = null;
  let pause = FIRST_PAUSE_MS;
  let timer = 0;
  let closed = false;
  let sid = "";

  function connect() {
    socket = new WebSocket(sid ? `${url}?clientId=${encodeURIComponent(sid)}` : url);
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") take(JSON.parse(data));
    });
    socket.addEventListener("close", () => {
      if (closed) return;
      timer = setTimeout(connect, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    });
  }

  function take({ type, data }) {
    if (type === "status" && data?.sid) {
      sid = data.sid;
      pause = FIRST_PAUSE_MS;
      onId(sid);
    } else onMessage(type, data);
  }

  connect();
  return () => {
    closed = true;
    clearTimeout(timer);
    socket?.close();
  };
}
