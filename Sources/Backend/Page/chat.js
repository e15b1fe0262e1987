/**
 * The open chat: its messages, its socket, and the user's actions. run-view.js shows the runs.
 *
 * @typedef {import("./api.js").Session} Session
 * @typedef {object} ChatDependencies
 * @property {import("./api.js").Api} api
 * @property {import("./sign-in.js").SignIn} signIn
 * @property {import("./composer.js").Composer} composer
 * @property {import("./connection-banner.js").ConnectionBanner} banner
 * @property {import("./toasts.js").Toasts} toasts
 * @property {import("./announcer.js").Announcer} announcer
 * @property {import("./run-view.js").RunView} view
 * @property {HTMLElement} scroller
 * @property {(session: Session) => void} onSession Called when the chat has changed.
 * @property {(id: string) => void} onCreated Called when the new chat has been created with this ID.
 * @property {() => void} onGone Called when the chat doesn't exist or was deleted.
 * @property {() => void} onSignedOut
 * @property {() => void} onChange Called when the state of the chat, or whether it's empty, has changed.
 */

import { ChatFiles } from "./chat-files.js";
import { Delivery } from "./delivery.js";
import { ApiError, SignInError, explain } from "./errors.js";
import { t } from "./i18n.js";
import { loadMarkdownParser } from "./markdown-parser.js";
import { MessageList } from "./message-list.js";
import { ChatSocket } from "./socket.js";

/** How many older messages are loaded at a time: few enough to be drawn between two frames. */
const olderMessages = 10;
/** How long messages wait for the Markdown parser, in milliseconds. Without it they are plain first. */
const parserTime = 1000;
/** The error codes for a message that the server will never accept. */
const refusals = new Set(["too_large", "idempotency_mismatch", "no_such_file", "question_came"]);
/** The error codes that run-view.js shows itself, at the question or the live view that they concern. */
const handledInline = new Set([
    "stale_answer", "expired", "missing_answers", "unfit_answer", "no_browser", "control_denied", "input_failed",
    "no_view",
]);

export class Chat {
    /** @type {string | null} */
    id;
    /** @type {Session | null} */
    session = null;
    /** @type {"idle" | "running" | "waiting"} */
    state = "idle";
    isLoading = false;

    #around;
    #list = new MessageList();
    /** @type {Delivery | null} */
    #delivery = null;
    /** @type {ChatSocket | null} */
    #socket = null;
    #view;
    #isClosed = false;
    /** @type {Promise<void> | null} */
    #loading = null;
    #mustLoadAgain = false;
    /** Whether the messages shown may be older than the server's. */
    #isStale = true;
    /** @type {Promise<void> | null} */
    #creating = null;
    #isLoadingOlder = false;
    /** @type {ChatFiles | null} */
    #files = null;
    /** The files that are on the server. @type {WeakMap<File, import("./files.js").StoredFile>} */
    #uploaded = new WeakMap();
    /** The files of unsent messages. @type {WeakMap<import("./outbox.js").Unsent, File[]>} */
    #unsentFiles = new WeakMap();
    #leave = new AbortController();

    /** @param {string | null} id Null for a chat that its first message creates. @param {ChatDependencies} around */
    constructor(id, around) {
        this.id = id;
        this.#around = around;
        this.#view = around.view;
    }

    /** The files of this chat. */
    get files() {
        this.#files ??= new ChatFiles(this.#around.api, /** @type {string} */ (this.id), (error) => this.#fail(error));
        return this.#files;
    }

    get isEmpty() {
        return this.#list.isEmpty && !this.#delivery?.unsent.length;
    }

    get lastWords() {
        return this.#list.lastWords;
    }

    get hasOlder() {
        return this.#list.cursor !== undefined;
    }

    /** Loads the chat and follows its changes. */
    async open() {
        if (this.id === null) return;
        this.#delivery ??= this.#makeDelivery();
        this.isLoading = true;
        this.#around.onChange();
        await this.#load();
        this.isLoading = false;
        if (this.#isClosed) return;
        this.#around.scroller.scrollTop = this.#around.scroller.scrollHeight;
        this.#around.onChange();
        if (this.session) this.#connect();
    }

    /** Closes the chat on screen. Unsent messages are still delivered. */
    close() {
        this.#isClosed = true;
        this.#leave.abort();
        this.#socket?.close();
        this.#around.banner.connected();
        this.#view.clear();
    }

    /**
     * Sends a message, and creates a new chat and uploads files first if needed.
     * @param {string} text
     * @param {File[]} files
     * @param {import("./recipes.js").RecipeCall} [recipe] The recipe that the user has chosen for it.
     * @returns {Promise<boolean>} Whether the message is being sent; otherwise the user has been notified.
     */
    async say(text, files = [], recipe = undefined) {
        const kept = [];
        // A question that comes up meanwhile is not what the user answers.
        const about = this.state === "waiting" ? this.session?.run?.id : "";
        void loadMarkdownParser();
        try {
            if (this.id === null) await (this.#creating ??= this.#create());
            if (files.length) this.#around.announcer.say(t("composer.uploading"));
            for (const file of files) kept.push(await this.#upload(file));
        } catch (error) {
            if (this.id === null) this.#creating = null;
            // The message is in the message box again, where it may have changed.
            this.#fail(error, this.#isClosed ? undefined : () => this.#isClosed || this.#around.composer.submit());
            return false;
        }
        this.#unsentFiles.set(this.#delivery.add(text, kept, about, recipe), files);
        this.#show();
        if (!this.#isClosed) this.#around.scroller.scrollTop = this.#around.scroller.scrollHeight;
        return true;
    }

    /** Uploads a file, once however often its message is sent. @param {File} file */
    async #upload(file) {
        let stored = this.#uploaded.get(file);
        if (!stored) {
            stored = await this.#around.api.putFile(this.id, file);
            this.#uploaded.set(file, stored);
        }
        return stored;
    }

    stop() {
        if (this.state === "idle") return;
        this.send({ type: "run.stop" });
        this.#around.announcer.say(t("stopping"));
    }

    /** Loads older messages and prepends them without moving those on screen. */
    async loadOlder() {
        if (this.#isLoadingOlder || !this.hasOlder) return;
        this.#isLoadingOlder = true;
        try {
            const page = await this.#around.api.messages(this.id, {
                before: this.#list.cursor, limit: olderMessages, signal: this.#leave.signal,
            });
            this.#view.prependMessages(this.#list.takeOlder(page));
            this.#around.onChange();
        } finally {
            this.#isLoadingOlder = false;
        }
    }

    async #create() {
        const session = await this.#around.api.createSession();
        this.id = session.id;
        this.#delivery = this.#makeDelivery();
        this.#isStale = false;
        if (this.#isClosed) return this.#around.onSession(session);
        this.#take(session);
        this.#around.onCreated(session.id);
        this.#connect();
    }

    #makeDelivery() {
        return new Delivery(this.id, {
            send: (frame) => this.#socket?.send(frame) ?? false,
            post: (unsent) => this.#around.api.postMessage(this.id, unsent),
            onSaved: (saved) => this.#saved(saved),
            onRefused: (unsent, error) => {
                this.#around.composer.giveBack(unsent.text, this.#unsentFiles.get(unsent) ?? [], this.id);
                this.#show();
                this.#fail(error);
            },
        });
    }

    /** Loads the newest messages. If called while loading, loads once more afterward. */
    #load() {
        this.#mustLoadAgain = this.#loading !== null;
        this.#loading ??= this.#loadNow().finally(() => {
            this.#loading = null;
            if (this.#mustLoadAgain && !this.#isClosed) void this.#load();
        });
        return this.#loading;
    }

    async #loadNow() {
        this.#isStale = true;
        try {
            // With the parser if it comes in time, so that no text changes its height once it's shown.
            const parser = Promise.race([loadMarkdownParser(), new Promise((resolve) => setTimeout(resolve, parserTime))]);
            const page = await this.#around.api.messages(this.id, { signal: this.#leave.signal });
            await parser;
            this.#isStale = false;
            this.#list.takeNewest(page);
            for (const { id } of page.messages) this.#delivery.acknowledge(id);
            this.#take(page.session);
            this.#show();
        } catch (error) {
            if (this.#isClosed) return;
            // The banner already shows this, and the next connection loads what was missed.
            if (error instanceof ApiError && error.isUnreachable && this.#socket?.isConnected === false) return;
            this.#fail(error, () => void (this.session ? this.#load() : this.open()));
        }
    }

    #show() {
        if (this.#isClosed) return;
        this.#view.showMessages(this.#list.all(this.#delivery.unsent), this.session);
        this.#around.onChange();
    }

    /** @param {Session} session */
    #take(session) {
        if (this.#isClosed) return;
        this.session = session;
        this.state = session.run?.state ?? "idle";
        this.#around.onSession(session);
        this.#around.onChange();
    }

    /** Updates the run's state before the backend sends the changed chat. @param {string} [expiry] */
    #become(state, runID, expiry) {
        if (!this.session || (state === this.state && this.session.run?.id === runID)) return;
        this.#take({ ...this.session, run: state === "idle" ? null : { id: runID, state, expires_at: expiry } });
    }

    #connect() {
        const { signIn, banner } = this.#around;
        banner.onRetry = () => this.#socket?.retryNow();
        banner.lost();
        this.#socket = new ChatSocket({
            chat: this.id,
            token: (refused) => signIn.token(refused),
            onEvent: (envelope) => this.#hear(envelope),
            onConnection: (isConnected) => this.#connection(isConnected),
            onRefused: (why) => this.#refused(why),
            // The socket gives no reason for the failure; the API does.
            onUnreachable: () => void this.#load(),
        });
    }

    /** @param {Session} session The chat with the title that was changed in the list. */
    renamed(session) {
        if (session.id === this.id) this.#take(session);
    }

    /** Sends a renewed token, so that the socket doesn't close when the old one expires. @param {string} token */
    renew(token) {
        this.#socket?.renew(token);
    }

    #connection(isConnected) {
        this.#view.setConnected(isConnected);
        if (isConnected) {
            this.#around.banner.connected();
            this.#delivery.send();
        } else {
            this.#around.banner.lost();
        }
    }

    #refused(why) {
        if (why === "gone") this.#around.onGone();
        else if (why === "signedOut") this.#around.onSignedOut();
        else this.#around.banner.tooMany();
    }

    #saved({ message, run_id: runID, is_steering: isSteering, session }) {
        this.#delivery.acknowledge(message.id);
        this.#list.take([message]);
        if (session) this.#take(session);
        else if (runID && !isSteering) this.#become("running", runID);
        this.#show();
    }

    /** @param {import("./socket.js").Envelope} envelope */
    #hear(envelope) {
        if (this.#isClosed) return;
        const { type, name, value, runId: runID } = envelope.event;
        if (type === "CUSTOM") {
            switch (name) {
            case "ready": return this.#ready(value.session);
            case "message.saved": return this.#saved(value);
            case "chat.changed":
                this.#take(value.session);
                return void this.#load();
            case "auth.refreshed": return;
            case "notice":
                if (this.#notice(value)) break;
                return;
            case "resync_required": void this.#load(); break;
            }
        }
        if (type === "RUN_STARTED") this.#become("running", runID);
        if (type === "RUN_ERROR") this.#become("idle");
        if (type === "RUN_FINISHED") {
            /** @type {{type: string, interrupts?: {expiresAt?: string}[]} | undefined} */
            const outcome = envelope.event.outcome;
            const expiry = outcome?.interrupts?.map(({ expiresAt }) => expiresAt).filter(Boolean).sort()[0];
            this.#become(outcome?.type === "interrupt" ? "waiting" : "idle", runID, expiry);
        }
        this.#view.receive(envelope);
    }

    /** @param {Session} session */
    #ready(session) {
        const isBehind = this.#isStale || session.updated_at !== this.session?.updated_at
            || session.message_count !== this.session?.message_count;
        this.#take(session);
        if (isBehind) void this.#load();
    }

    /** @returns {boolean} Whether the notice may concern the run's view. */
    #notice({ code, message }) {
        const error = new ApiError(400, { code, detail: message });
        if (code === "upstream_lost") this.#around.announcer.say(t("notice.upstream_lost"));
        // `renew` passes the new token to the socket.
        else if (code === "token_expires_soon") this.#around.signIn.renew().catch(() => {});
        else if (refusals.has(code) && this.#delivery.unsent.length) this.#delivery.refuseOldest(error);
        else if (!handledInline.has(code) && code !== "upstream_back") this.#around.toasts.error(explain(error));
        return !["upstream_lost", "upstream_back", "token_expires_soon", "rate_limited", ...refusals].includes(code);
    }

    /** Sends a frame on the socket. A stop or an answer goes through the API if there is no connection. */
    async send(frame) {
        if (this.#socket?.send(frame)) return;
        try {
            if (frame.type === "run.stop") await this.#around.api.stop(this.id);
            if (frame.type === "interrupt.resolve") await this.#around.api.answer(this.id, frame);
        } catch (error) {
            const { code = "" } = error;
            // Tell the question what the socket would have reported.
            this.#view.receive({ event: { type: "CUSTOM", name: "notice", value: { code, message: explain(error) } } });
            if (!handledInline.has(code)) this.#fail(error, () => void this.send(frame));
        }
    }

    /** The object URL of a step's picture. @param {string} toolCallID @returns {Promise<string | null>} */
    async picture(toolCallID) {
        const blob = await this.#around.api.picture(this.id, toolCallID).catch(() => null);
        return blob && !this.#isClosed ? URL.createObjectURL(blob) : null;
    }

    /** Revokes a permission. @param {{kind: string, origin: string}} allowance */
    async revoke(allowance) {
        try {
            await this.#around.api.revoke(this.id, allowance);
        } catch (error) {
            this.#fail(error);
            throw error;
        }
    }

    /** @param {unknown} error @param {() => void} [retry] */
    #fail(error, retry) {
        if (error instanceof SignInError && error.code === "ended") return this.#around.onSignedOut();
        if (error instanceof ApiError && error.status === 404) return this.#around.onGone();
        if (error instanceof ApiError && error.status === 401) return this.#around.onSignedOut();
        this.#around.toasts.error(explain(error), retry);
    }
}
