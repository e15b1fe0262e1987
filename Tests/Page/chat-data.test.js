import "./browser.js";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { stateOf } from "../../Sources/Backend/Page/chat-row.js";
import { Delivery } from "../../Sources/Backend/Page/delivery.js";
import { ApiError, SignInError, explain } from "../../Sources/Backend/Page/errors.js";
import { MessageList } from "../../Sources/Backend/Page/message-list.js";
import { Outbox } from "../../Sources/Backend/Page/outbox.js";
import { entriesOf, openQuestions } from "../../Sources/Backend/Page/run-entries.js";
import { newRun } from "../../Sources/Backend/Page/run-state.js";

beforeEach(() => sessionStorage.clear());

const message = (id, time, more = {}) => ({
    id, time, created_at: "2026-11-28T00:00:00Z", role: "user", kind: "text", content: id, ...more,
});
const idle = { openRun: null, runningRun: null, sentWords: () => null };

test("messages are sorted by times that exceed the range of a number", () => {
    const list = new MessageList();
    list.take([message("c", "1764288000000000002"), message("a", "999"), message("b", "1764288000000000001")]);
    assert.deepEqual(list.all([]).map(({ id }) => id), ["a", "b", "c"]);
});

test("a message that arrives again replaces the old one", () => {
    const list = new MessageList();
    list.take([message("a", "1")]);
    list.take([message("a", "1", { content: "new" })]);
    assert.deepEqual(list.all([]).map(({ content }) => content), ["new"]);
});

test("a page of messages that leaves a gap replaces the loaded ones", () => {
    const list = new MessageList();
    list.takeNewest({ messages: [message("a", "1")], previous_cursor: "one" });
    list.takeNewest({ messages: [message("a", "1"), message("b", "2")], previous_cursor: "two" });
    assert.deepEqual([list.all([]).length, list.cursor], [2, "one"]);
    list.takeNewest({ messages: [message("z", "9")], previous_cursor: "three" });
    assert.deepEqual([list.all([]).map(({ id }) => id), list.cursor], [["z"], "three"]);
});

test("unacknowledged messages are at the end until they are saved", () => {
    const list = new MessageList();
    list.take([message("a", "1")]);
    const unsent = [{ id: "b", text: "words", at: "2026-11-28T00:00:00Z" }];
    assert.deepEqual(list.all(unsent).map(({ id, details }) => [id, details?.pending]), [["a", undefined], ["b", true]]);
    list.take([message("b", "2")]);
    assert.deepEqual(list.all(unsent).map(({ id }) => id), ["a", "b"]);
});

test("an outbox survives a reload, and each message keeps its id", () => {
    const sent = new Outbox("chat").add("words");
    assert.match(sent.id, /^[0-9a-f]{32}$/);
    assert.deepEqual(new Outbox("chat").unsent, [sent]);
    assert.deepEqual(new Outbox("other").unsent, []);
    assert.deepEqual(new Outbox("chat").remove(sent.id), sent);
    assert.equal(sessionStorage.length, 0);
});

/** A delivery whose timers the test runs. */
function delivery(t, ways) {
    const timers = [];
    t.mock.method(globalThis, "setTimeout", (run) => timers.push(run));
    t.mock.method(globalThis, "clearTimeout", (id) => { timers[id - 1] = undefined; });
    const tick = () => timers.splice(0).forEach((run) => run?.());
    const told = { saved: [], refused: [], frames: [] };
    const made = new Delivery("chat", {
        send: (frame) => { told.frames.push(frame); return false; }, post: async (id) => ({ message: { id } }),
        onSaved: (saved) => told.saved.push(saved), onRefused: (unsent, error) => told.refused.push([unsent.text, error]),
        ...ways,
    });
    return { made, told, tick };
}

test("a message without an acknowledgement is sent again with its id", (t) => {
    const frames = [];
    const { made, tick } = delivery(t, { send: (frame) => frames.push(frame) > 0 });
    made.add("words");
    tick();
    assert.equal(frames.length, 2);
    assert.equal(frames[0].client_message_id, frames[1].client_message_id);
    made.acknowledge(frames[0].client_message_id);
    tick();
    assert.equal(frames.length, 2);
});

test("without a WebSocket, a message is sent by HTTP, once", async (t) => {
    const { made, told, tick } = delivery(t, {});
    made.add("words");
    tick();
    await new Promise(setImmediate);
    assert.equal(told.saved.length, 1);
    assert.deepEqual(made.unsent, []);
});

for (const [status, isHopeless] of [[0, false], [503, false], [429, false], [413, true], [422, true]]) {
    test(`a message that gets status ${status} is ${isHopeless ? "rejected" : "kept"}`, async (t) => {
        const { made, told, tick } = delivery(t, { post: async () => { throw new ApiError(status); } });
        made.add("words");
        tick();
        await new Promise(setImmediate);
        assert.equal(told.refused.length, isHopeless ? 1 : 0);
        assert.equal(made.unsent.length, isHopeless ? 0 : 1);
    });
}

test("errors are explained to the user, and exceptions are never shown", (t) => {
    const said = t.mock.method(console, "error", () => {});
    assert.ok(!explain(new TypeError("x is undefined")).includes("undefined"));
    assert.equal(said.mock.callCount(), 1);
    assert.ok(explain(new ApiError(503)).length > 10);
    assert.equal(explain(new ApiError(409, { detail: "It was renamed." })), "It was renamed.");
    assert.ok(explain(new SignInError("ended")).length > 10);
    assert.ok(!explain(new ApiError(500, { detail: "secret internals" })).includes("internals"));
});

test("a stored run is shown once, as its messages", () => {
    const run = { ...newRun("r"), phase: "done", items: [{ kind: "text", id: "m", text: "Live", isOpen: false }] };
    const live = entriesOf([message("a", "1")], [run], idle);
    assert.deepEqual(live.map(({ kind }) => kind), ["words", "text"]);
    const stored = [message("a", "1"), message("b", "2", { role: "assistant", run_id: "r", content: "Live" })];
    const both = entriesOf(stored, [run], idle);
    assert.deepEqual(both.map(({ key }) => key), live.map(({ key }) => key));
});

test("only questions of the waiting run are open, and several answers can be sent together", () => {
    const question = (id, run) => message(id, "2", { role: "assistant", kind: "question", run_id: run, details: { id } });
    const entries = entriesOf(
        [message("a", "1"), question("q1", "old"), question("q2", "open"), question("q3", "open")], [],
        { ...idle, openRun: "open" });
    assert.deepEqual(openQuestions(entries).map(({ id }) => id), ["q2", "q3"]);
    assert.equal(entries.at(-1).kind, "sendAll");
});

test("the list of chats shows a question that wasn't answered in time as expired", () => {
    const waiting = (expires_at) => stateOf({ run: { id: "r", state: "waiting", expires_at } });
    assert.equal(waiting(new Date(Date.now() - 1000).toISOString()), "expired");
    assert.equal(waiting(new Date(Date.now() + 60_000).toISOString()), "waiting");
    assert.equal(waiting(undefined), "waiting");
    assert.equal(stateOf({ run: null }), null);
});
