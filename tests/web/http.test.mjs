/** Errors in the server's own words, uploads that go on, addresses that change with their content. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../web/shared/api_error.js";
import { createHttpClient } from "../../web/shared/http_client.js";
import { createImageUrls } from "../../web/pool/image_urls.js";
import { createPoolRoutes } from "../../web/pool/pool_routes.js";
import { uploadFiles } from "../../web/pool/upload_files.js";

const json = (body, status = 200) => new Response(JSON.stringify(body), { status });

for (const [name, response, code, message] of [
  [
    "an error of ours",
    json({ error: { code: "bad_name", message: "A name is needed." } }, 400),
    "bad_name",
    "A name is needed.",
  ],
  [
    "HTML from something in between",
    new Response("<h1>Bad gateway</h1>", { status: 502, statusText: "Bad Gateway" }),
    "http_502",
    "The server answered 502 Bad Gateway.",
  ],
  ["JSON of another shape", json({ error: "no" }, 500), "http_500", "The server answered 500."],
  ["nothing", new Response(null, { status: 404 }), "http_404", "The server answered 404."],
]) {
  test(`${name} becomes an ApiError`, async () => {
    const http = createHttpClient(async () => response);
    await assert.rejects(
      http.get("/x"),
      (error) => error instanceof ApiError && error.code === code && error.message === message,
    );
  });
}

test("a server that is gone has a code too", async () => {
  const http = createHttpClient(async () => {
    throw new TypeError("Failed to fetch");
  });
  await assert.rejects(http.post("/x", {}), { code: "unreachable", status: 0 });
});

test("a cancelled request stays a cancelled request", async () => {
  const http = createHttpClient(async () => {
    throw new DOMException("stop", "AbortError");
  });
  await assert.rejects(http.get("/x"), { name: "AbortError" });
});

test("a route gets its fields before its files, and an upload has no time limit", async () => {
  const calls = [];
  const http = createHttpClient(async (route, init) => {
    calls.push([route, init]);
    return json({});
  });
  const routes = createPoolRoutes(http);
  await routes.add("p", [new File(["x"], "a.png"), new File(["y"], "b.png")], true, undefined);
  await routes.list("p q");
  const [[route, init], [listed]] = calls;
  assert.equal(route, "/grid_pool/add");
  assert.deepEqual([...init.body.keys()], ["pool_id", "alpha_mask", "image", "image"]);
  assert.equal(init.timeoutMs, null);
  assert.equal(listed, "/grid_pool/list?pool_id=p+q");
});

const files = (count) => Array.from({ length: count }, (_, at) => ({ name: `${at}.png`, size: 1 }));
const never = new AbortController().signal;

test("an upload tells its progress chunk by chunk", async () => {
  const seen = [];
  const result = await uploadFiles(
    files(45),
    async (chunk) => ({ added: chunk, refused: [] }),
    (done) => seen.push(done),
    never,
  );
  assert.deepEqual(seen, [0, 20, 40, 45]);
  assert.deepEqual([result.added, result.refused.length, result.cancelled], [45, 0, false]);
});

test("a refused chunk is named, and the next one goes on", async () => {
  let call = 0;
  const send = async (chunk) => {
    call += 1;
    if (call === 1) throw new ApiError("not_an_image", "None of these is an image.", 415);
    return { added: chunk, refused: [{ name: "x", message: "Too large." }] };
  };
  const result = await uploadFiles(files(25), send, () => {}, never);
  assert.equal(result.added, 5);
  assert.deepEqual(
    result.refused.map((one) => one.name),
    ["0.png and 19 more", "x"],
  );
});

for (const [status, code] of [
  [507, "disk_full"],
  [0, "unreachable"],
  [404, "unknown_profile"],
]) {
  test(`after ${code} the rest is not tried`, async () => {
    let calls = 0;
    const send = async () => {
      calls += 1;
      throw new ApiError(code, "No.", status);
    };
    await uploadFiles(files(60), send, () => {}, never);
    assert.equal(calls, 1);
  });
}

test("a cancelled upload keeps what was added", async () => {
  const stop = new AbortController();
  const send = async (chunk, signal) => {
    if (stop.signal.aborted) throw new DOMException("stop", "AbortError");
    stop.abort();
    assert.equal(signal, stop.signal);
    return { added: chunk, refused: [] };
  };
  const result = await uploadFiles(files(60), send, () => {}, stop.signal);
  assert.deepEqual([result.added, result.cancelled], [20, true]);
});

test("a picture's address changes with the picture, and not with its label", () => {
  const urls = createImageUrls((route) => `/base/api${route}`);
  const slot = {
    id: "img_0001",
    image: "img_0001.png",
    mask: "img_0001.mask.png",
    sha256: "ab".repeat(32),
    label: "x",
  };
  const thumb = urls.thumb("p", slot, 256);
  assert.match(
    thumb,
    /^\/base\/api\/grid_pool\/thumb\?pool_id=p&slot=img_0001&size=256&v=img_0001\.png-abababababababab$/,
  );
  assert.equal(urls.thumb("p", { ...slot, label: "y" }, 256), thumb);
  assert.notEqual(urls.thumb("p", { ...slot, image: "img_0002.png" }, 256), thumb);
  assert.notEqual(
    urls.maskThumb("p", { ...slot, mask: "img_0001.mask.2.png" }, 256),
    urls.maskThumb("p", slot, 256),
  );
  assert.equal(
    urls.file("p", "a b.png"),
    "/base/api/view?type=input&subfolder=grid_pool%2Fp&filename=a+b.png",
  );
});
