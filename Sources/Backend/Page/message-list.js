/**
 * The loaded messages of a chat: ordered, without duplicates, with unacknowledged messages at the end.
 *
 * @typedef {import("./api.js").Message} Message
 */
export class MessageList {
    /** @type {Message[]} */
    #messages = [];

    /** The cursor for older messages; undefined if all are loaded. @type {string | undefined} */
    cursor;

    /** @param {import("./outbox.js").Unsent[]} unsent @returns {Message[]} Oldest first. */
    all(unsent) {
        const known = new Set(this.#messages.map((message) => message.id));
        return [...this.#messages, ...unsent.filter(({ id }) => !known.has(id)).map(pending)];
    }

    /** The text of the user's last message, for editing it. @returns {string | undefined} */
    get lastWords() {
        return this.#messages.findLast((message) => message.role === "user" && message.kind === "text")?.content;
    }

    get isEmpty() {
        return this.#messages.length === 0;
    }

    /**
     * Adds the newest page. If it doesn't overlap with the loaded messages, drops those, because a list with a gap
     * would mislead.
     * @param {{ messages: Message[], previous_cursor?: string }} page
     */
    takeNewest({ messages, previous_cursor: cursor }) {
        const known = new Set(this.#messages.map((message) => message.id));
        const isJoined = messages.some((message) => known.has(message.id));
        if (!isJoined) {
            this.#messages = [];
            this.cursor = cursor;
        }
        this.take(messages);
    }

    /** @param {{ messages: Message[], previous_cursor?: string }} page @returns {Message[]} The new messages. */
    takeOlder({ messages, previous_cursor: cursor }) {
        const known = new Set(this.#messages.map((message) => message.id));
        this.cursor = cursor;
        this.take(messages);
        return messages.filter((message) => !known.has(message.id));
    }

    /** @param {Message[]} messages */
    take(messages) {
        const byID = new Map([...this.#messages, ...messages].map((message) => [message.id, message]));
        this.#messages = [...byID.values()].sort((one, other) => comparePlaces(one.time, other.time));
    }
}

/** Nanoseconds exceed a safe integer. As text without leading zeros, they compare by length first. */
function comparePlaces(one, other) {
    if (one.length !== other.length) return one.length - other.length;
    return one < other ? -1 : one > other ? 1 : 0;
}

/** @param {import("./outbox.js").Unsent} unsent @returns {Message} */
function pending({ id, text, at, files }) {
    return {
        id, time: `${BigInt(Date.parse(at)) * 1_000_000n}`, created_at: at, role: "user", kind: "text", content: text,
        details: { pending: true, files },
    };
}
