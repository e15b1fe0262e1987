// What outlives a page: deletions that can still be undone, and exported data.

import "./browser.js";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { beforeEach, test } from "node:test";

import { Deletions } from "../../Sources/Backend/Page/deletions.js";
import { pack } from "../../Sources/Backend/Page/tar.js";

/** @type {Map<string, string>} */
let stored;
/** @type {[string, () => void][]} */
let listeners;

beforeEach(() => {
    stored = new Map();
    listeners = [];
    Object.assign(globalThis, {
        localStorage: {
            getItem: (name) => stored.get(name) ?? null, setItem: (name, value) => stored.set(name, value),
            removeItem: (name) => stored.delete(name),
        },
        addEventListener: (name, listener) => listeners.push([name, listener]),
    });
});

/** Deletions that note what they delete. @param {string[]} removed @param {{fails?: boolean}} [how] */
function deletions(removed, how = {}, user = "aminah") {
    return new Deletions(user, async (id) => {
        if (how.fails) throw new Error("unreachable");
        removed.push(id);
    });
}

/** Makes all stored deletions older than any page that could undo them. */
function age() {
    for (const [place, entries] of stored) {
        stored.set(place, JSON.stringify(Object.fromEntries(Object.keys(JSON.parse(entries)).map((id) => [id, 1]))));
    }
}

test("a deletion can be undone until it is finished, and not afterwards", async () => {
    const removed = [];
    const page = deletions(removed);
    page.add("a");
    assert.ok(page.has("a"));
    assert.ok(page.undo("a"));
    assert.ok(!page.has("a"));
    page.add("b");
    await page.finish("b");
    assert.deepEqual([removed, page.has("b"), page.undo("b")], [["b"], false, false]);
});

test("a chat that can't be deleted is back", async () => {
    const page = deletions([], { fails: true });
    page.add("a");
    await assert.rejects(page.finish("a"));
    assert.ok(!page.has("a"));
});

test("what is left when the page is closed is deleted then, or by a later page", async () => {
    const removed = [], how = { fails: true };
    deletions(removed, how).add("a");
    for (const [name, listener] of listeners) if (name === "pagehide") listener();
    await new Promise(setImmediate);
    const next = deletions(removed, how);
    assert.ok(next.has("a"));
    await next.finishAbandoned();
    assert.deepEqual(removed, []);
    age();
    await next.finishAbandoned();
    assert.ok(next.has("a"), "a failure is tried again");
    how.fails = false;
    await next.finishAbandoned();
    assert.deepEqual([removed, next.has("a")], [["a"], false]);
});

test("another page's deletion is left to it as long as it may be undone there", async () => {
    const removed = [];
    deletions(removed).add("a");
    await deletions(removed).finishAbandoned();
    assert.deepEqual(removed, []);
});

test("a user doesn't finish the deletions of another", async () => {
    const removed = [];
    deletions(removed).add("a");
    age();
    await deletions(removed, {}, "ben").finishAbandoned();
    assert.deepEqual(removed, []);
});

test("an archive is one that tar reads", async () => {
    const files = [
        { name: "chats/one.json", content: new Blob(["{}"]) }, { name: "files/empty", content: new Blob([]) },
        { name: "files/large", content: new Blob(["x".repeat(100_000)]) }, { name: "files/512", content: new Blob(["y".repeat(512)]) },
    ];
    const archive = Buffer.from(await (await pack(files)).arrayBuffer());
    const read = (...options) => execFileSync("tar", ["-z", ...options, "-f", "-"], { input: archive, maxBuffer: 1e7 }).toString();
    assert.deepEqual(read("-t").trim().split("\n"), files.map(({ name }) => name));
    assert.equal(read("-x", "-O", "files/large").length, 100_000);
    await assert.rejects(pack([{ name: "x".repeat(101), content: new Blob([]) }]));
});
