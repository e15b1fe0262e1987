/**
 * The socket of one chat: connects again by itself, notices a dead connection, and passes each event on once.
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
 * @property {() => void} onUnreachable Twice in a row no connection came about. A browser does not say why.
 */

import { SignInError } from "./errors.js";

const close = { badToken: 4401, gone: 4404, tooMany: 4429 };
const heartbeat = 20_000;
/** How long an answer to a ping, and a connection, may take. */
const patience = 10_000;
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
    /** How far each run has been heard. @type {Map<string, number>} */
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
     * Sends a frame. A `hello` only says whether pictures of the browser are wanted; the rest of it is known here.
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

    /** Tells the server the token that it is to go by from now on. @param {string} token */
    renew(token) {
        this.#token = token;
        this.send({ type: "auth", token });
    }

    /** Connects at once, where the next try is waiting for its time. */
    retryNow() {
        if (this.#isClosed || this.#socket) return;
        this.#connect();
    }

    /** Ends the connection for good. */
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
        // While the token was fetched, the chat may have been left or another try have begun.
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

    /** @returns {boolean} A socket that closes takes nothing more, and says so to nobody. */
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

    /** Whether an event was not heard before. Its id is its run's and its number there. */
    #isNews(id) {
        const colon = id.lastIndexOf(":");
        const run = id.slice(0, colon);
        const seq = Number(id.slice(colon + 1));
        if (seq <= (this.#heard.get(run) ?? -1)) return false;
        // Put in anew, so that the run heard last is the last one.
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
        this.#timers.silence = setTimeout(() => this.#ended(0), patience);
    }

    /** @param {number} code Why the server closed; 0 for a connection that does not answer. */
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

    /** Once with a new token; if that is refused too, another would be no better. */
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

    /** Some time between none and a limit that doubles, so that many clients do not come back all at once. */
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
