// When users who are away are told of their chats.

import "./browser.js";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Notices } from "../../Sources/Backend/Page/notices.js";
import { setPreference } from "../../Sources/Backend/Page/preferences.js";

/** @type {string[]} */
let shown;
const minute = 60_000;

beforeEach(() => {
    shown = [];
    setPreference("notifies", true);
    Object.assign(document, { hidden: true });
    Object.assign(globalThis, {
        Notification: class {
            static permission = "granted";
            constructor(/** @type {string} */ title) { shown.push(title); }
            addEventListener() {}
        },
    });
});

/** A chat that waits, asked and expiring these many minutes from now. */
function waiting(asked, expiry, id = "run-1") {
    const at = (minutes) => new Date(Date.now() + minutes * minute).toISOString();
    return chat({ id, state: "waiting", expires_at: at(expiry) }, at(asked));
}

function chat(run, updated = new Date().toISOString()) {
    return /** @type {any} */ ({ id: "chat-1", title: "Tax", run, updated_at: updated });
}

const running = chat({ id: "run-1", state: "running" });

test("a chat is told of when it begins to wait and when it ends, and not when the page first hears of it", () => {
    const notices = new Notices(() => {});
    notices.take(waiting(0, 900));
    assert.equal(shown.length, 0);
    notices.take(running);
    notices.take(waiting(0, 900));
    notices.take(waiting(0, 900));
    notices.take(chat(null));
    assert.equal(shown.length, 2);
    assert.match(shown[0], /^Waiting for you: Tax/);
    assert.match(shown[1], /^Ended: Tax/);
});

test("a question is reminded of once, an hour before it expires", () => {
    const notices = new Notices(() => {});
    for (const left of [1430, 61, 59, 30]) notices.take(waiting(left - 1440, left));
    assert.equal(shown.length, 1);
    assert.match(shown[0], /Tax/);
});

test("a question that expires soon is reminded of when a quarter of its time is left", () => {
    const notices = new Notices(() => {});
    for (const left of [15, 10, 4]) notices.take(waiting(left - 15, left));
    assert.deepEqual(shown, []);
    notices.take(waiting(-12, 3));
    assert.equal(shown.length, 1);
});

test("each question has its own reminder, and an expired one is told of", () => {
    const notices = new Notices(() => {});
    notices.take(waiting(-1400, 40));
    notices.take(running);
    notices.take(waiting(-1400, 40, "run-2"));
    notices.take(waiting(-1400, 39, "run-2"));
    assert.equal(shown.length, 3);
    notices.take(waiting(-1441, -1, "run-2"));
    assert.match(shown[3], /^Not answered in time: Tax/);
});

test("somebody who looks at the page, or doesn't want it, isn't notified", () => {
    const notices = new Notices(() => {});
    notices.take(running);
    Object.assign(document, { hidden: false });
    notices.take(waiting(0, 900));
    Object.assign(document, { hidden: true });
    setPreference("notifies", undefined);
    notices.take(chat(null));
    assert.deepEqual(shown, []);
});
