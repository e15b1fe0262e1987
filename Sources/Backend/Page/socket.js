/**
 * The WebSocket of one chat: reconnects automatically, detects dead connections, and delivers each event once.
 *
 * @typedef {{ type: string, name?: string, value?: any, runId?: string, outcome?: { type: string } }} Event
 * @typedef {{ id?: string, event: Event }} Envelope
 * @typedef {{ type: string, [member: string]: any }} Frame
 * @typedef {"signedOut" | "gone" | "tooMany"} Refusal
 *
 * @typedef {object} Options
 * @property {string} chat
 * @property {(refused?: string | null) => Promise<string | null>} token
 * @property {(envelope: Envelope) => void} onEvent
 * @property {(isConnected: boolean) => void} onConnection
 * @property {(why: Refusal) => void} onRefused
 * @property {() => void} onUnreachable Called after two failed connections in a row. Web browsers give no reason.
 */

import { SignInError } from "./errors.js";

const close = { badToken: 4401, gone: 4404, tooMany: 4429 };
const heartbeat = 20_000;
/** How long to wait for the reply to a ping, and for a connection, in milliseconds. */
const timeout = 10_000;
const stable = 30_000;

export class ChatSocket {
    /** @type {Options} */
    #options;
    /** @type {WebSocket | null} */
    #socket = null;
    #isReady = false;
    #isClosed = false;
    #failures = 0;
    #tokenFailures = 0;
    /** @type {string | null} */
    #token = null;
    /** The last sequence number received of each run. @type {Map<string, number>} */
    #heard = new Map();
    #wantsFrames = false;
    /** @type {Record<"retry" | "beat" | "silence" | "stable", number>} */
    #timers = { retry: 0, beat: 0, silence: 0, stable: 0 };
    #leave = new AbortController();

    /** @param {Options} options */
    constructor(options) {
        this.#options = options;
        const { signal } = this.#leave;
        addEventListener("online", () => this.retryNow(), { signal });
        document.addEventListener("visibilitychange", () => {
            if (document.visibilityState !== "visible") return;
            if (this.#isReady) this.#ping();
            else this.retryNow();
        }, { signal });
        this.#connect();
    }

    get isConnected() {
        return this.#isReady;
    }

    /**
     * Sends a frame. A `hello` only sets whether to receive browser frames; the socket adds the rest.
     * @param {{ type: string, [member: string]: any }} frame
     * @returns {boolean} Whether there was a connection to send it on.
     */
    send(frame) {
        if (frame.type === "hello") {
            this.#wantsFrames = frame.frames ?? this.#wantsFrames;
            if (this.#isReady) this.#hello();
            return true;
        }
        return this.#isReady && this.#put(frame);
    }

    /** Sends the server a renewed token. @param {string} token */
    renew(token) {
        this.#token = token;
        this.send({ type: "auth", token });
    }

    /** Connects now instead of waiting for the next retry. */
    retryNow() {
        if (this.#isClosed || this.#socket) return;
        this.#connect();
    }

    /** Closes the connection for good. */
    close() {
        this.#isClosed = true;
        this.#leave.abort();
        this.#drop();
    }

    async #connect() {
        clearTimeout(this.#timers.retry);
        let token;
        try {
            token = await this.#options.token();
        } catch (error) {
            if (this.#isClosed) return;
            if (error instanceof SignInError && error.code === "ended") this.#options.onRefused("signedOut");
            else this.#retryLater();
            return;
        }
        // While the token was fetched, the chat may have been closed, or another attempt may have started.
        if (this.#isClosed || this.#socket) return;
        this.#token = token;
        const url = new URL(`/ws/human-interaction/${encodeURIComponent(this.#options.chat)}`, location.href);
        url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
        const socket = new WebSocket(url, token ? ["ai4ai.v1", `ai4ai.bearer.${token}`] : ["ai4ai.v1"]);
        this.#socket = socket;
        socket.addEventListener("open", () => socket === this.#socket && this.#hello());
        socket.addEventListener("message", (message) => socket === this.#socket && this.#hear(message.data));
        socket.addEventListener("close", (ending) => socket === this.#socket && this.#ended(ending.code));
        this.#expectAnswer();
    }

    #hello() {
        const [run, seq] = [...this.#heard].at(-1) ?? [];
        this.#put({
            type: "hello", last_seq: seq ?? 0, ...(run ? { run_id: run } : {}), frames: this.#wantsFrames,
        });
    }

    /** @returns {boolean} False if the socket isn't open: a closing socket silently discards frames. */
    #put(frame) {
        if (this.#socket?.readyState !== WebSocket.OPEN) return false;
        this.#socket.send(JSON.stringify(frame));
        return true;
    }

    /** @param {string} text */
    #hear(text) {
        clearTimeout(this.#timers.silence);
        const envelope = /** @type {Envelope} */ (JSON.parse(text));
        if (envelope.id && !this.#isNews(envelope.id)) return;
        const { type, name } = envelope.event;
        if (type === "CUSTOM" && name === "ready") this.#becomeReady();
        if (type === "CUSTOM" && name === "pong") return;
        this.#options.onEvent(envelope);
    }

    /** Whether an event is new. Its ID consists of the run's ID and a sequence number. */
    #isNews(id) {
        const colon = id.lastIndexOf(":");
        const run = id.slice(0, colon);
        const seq = Number(id.slice(colon + 1));
        if (seq <= (this.#heard.get(run) ?? -1)) return false;
        // Delete and insert, so that the run of the latest event is the last in the map.
        this.#heard.delete(run);
        this.#heard.set(run, seq);
        return true;
    }

    #becomeReady() {
        if (this.#isReady) return;
        this.#isReady = true;
        this.#tokenFailures = 0;
        clearTimeout(this.#timers.stable);
        this.#timers.stable = setTimeout(() => {
            this.#failures = 0;
        }, stable);
        clearInterval(this.#timers.beat);
        this.#timers.beat = setInterval(() => this.#ping(), heartbeat);
        this.#options.onConnection(true);
    }

    #ping() {
        this.#put({ type: "ping" });
        this.#expectAnswer();
    }

    #expectAnswer() {
        clearTimeout(this.#timers.silence);
        this.#timers.silence = setTimeout(() => this.#ended(0), timeout);
    }

    /** @param {number} code The server's close code; 0 for a connection that doesn't reply. */
    #ended(code) {
        const wasReady = this.#isReady;
        this.#drop();
        if (wasReady) this.#options.onConnection(false);
        switch (code) {
        case close.badToken: return this.#renewAndRetry();
        case close.gone: return this.#options.onRefused("gone");
        case close.tooMany: return this.#options.onRefused("tooMany");
        default:
            if (!wasReady && this.#failures % 2 === 1) this.#options.onUnreachable();
            this.#retryLater();
        }
    }

    /** Retries once with a new token. If the server rejects that too, the sign-in has ended. */
    async #renewAndRetry() {
        this.#tokenFailures += 1;
        try {
            if (this.#tokenFailures > 1) throw new SignInError("ended");
            await this.#options.token(this.#token);
        } catch (error) {
            if (error instanceof SignInError && error.code !== "ended") this.#retryLater();
            else this.#options.onRefused("signedOut");
            return;
        }
        this.retryNow();
    }

    /** Retries after a random delay below a limit that doubles, so that clients don't all reconnect at once. */
    #retryLater() {
        if (this.#isClosed) return;
        const limit = Math.min(30_000, 500 * 2 ** this.#failures);
        this.#failures += 1;
        clearTimeout(this.#timers.retry);
        this.#timers.retry = setTimeout(() => this.retryNow(), Math.random() * limit);
    }

    #drop() {
        for (const timer of Object.values(this.#timers)) clearTimeout(timer);
        const socket = this.#socket;
        this.#socket = null;
        this.#isReady = false;
        socket?.close();
    }
}
