import { Questions } from "./cards.js";
import { t } from "./i18n.js";
import { LiveView } from "./live-view.js";
import { Pictures } from "./pictures.js";
import { ScrollAnchor } from "./scroll-anchor.js";
import { entriesOf, openQuestions } from "./run-entries.js";
import { makePiece } from "./run-pieces.js";
import { foldRun, newRun, placeOf } from "./run-state.js";
import { newLook } from "./steps.js";

/**
 * A chat's messages and the progress of its runs, with the questions for the user and the live browser.
 *
 * @typedef {object} Hooks
 * @property {(frame: {type: string}) => void} send Sends a frame on the chat's socket.
 * @property {(toolCallId: string) => Promise<string | null>} picture The object URL of a step's picture.
 * @property {() => import("./files.js").Files} files The chat's files.
 * @property {(allowance: {kind: string, origin: string}) => Promise<void>} revoke Revokes a permission for the rest of
 * a task.
 * @property {(text: string) => void} announce Announces a text to screen readers.
 * @property {(text: string) => void} retry
 * @property {(text: string) => Promise<void>} copy
 * @property {(text: string) => void} editAndResend
 * @property {(call: import("./recipes.js").RecipeCall) => void} repeat Repeats a recipe.
 * @property {() => void} saveRecipe Saves the newest task as a recipe.
 * @property {() => void} change Called when something changed that the chat's header shows.
 */

/** Older runs are shown by their stored messages. */
const mostRuns = 6;
const longestAnnouncement = 300;
/** For this long after a key press, the user counts as typing, in milliseconds. */
const typingPause = 2000;

function isExpired({ expiresAt }) {
    return Date.parse(expiresAt ?? "") <= Date.now();
}

export class RunView {
    #root;
    #hooks;
    #anchor;
    #live;
    #questions;
    #pictures;
    /** @type {import("./api.js").Message[]} */
    #messages = [];
    /** Newest last. @type {import("./run-state.js").Run[]} */
    #runs = [];
    /** The run that waits for the user, and the run in progress. */
    #openRun = null;
    #runningRun = null;
    #isConnected = true;
    /** @type {Map<string, import("./run-pieces.js").Piece>} By their entries' kind and key. */
    #pieces = new Map();
    /** @type {Map<string, import("./steps.js").StepsLook>} */
    #looks = new Map();
    /** The questions that were announced to the user. */
    #told = new Set();
    #isFresh = true;
    #frame = 0;
    #lastKey = -Infinity;
    /** @type {AbortController | null} */
    #listening = null;

    /** Whether all open questions have expired. */
    get isTooLate() {
        return this.#questions.isTooLate;
    }

    /**
     * @param {HTMLElement} root The message column.
     * @param {HTMLElement} liveRoot The panel of the live view.
     * @param {Hooks} hooks
     */
    constructor(root, liveRoot, hooks) {
        this.#root = root;
        this.#hooks = hooks;
        this.#anchor = new ScrollAnchor(root);
        this.#pictures = new Pictures(hooks.picture);
        this.#live = new LiveView(liveRoot, {
            send: hooks.send, announce: hooks.announce, onOwner: (owner) => this.#questions.setOwner(owner),
        });
        this.#questions = new Questions({
            send: hooks.send, announce: hooks.announce, takeControl: () => this.#live.takeControl(),
            change: () => {
                // A question that expires ends its browser, too.
                if (this.#questions.isTooLate) this.#live.end();
                hooks.change();
            },
            startAgain: () => hooks.retry(this.#lastWords),
        });
        root.replaceChildren();
    }

    /**
     * Shows the chat's stored messages.
     * @param {import("./api.js").Message[]} messages All loaded messages, oldest first.
     * @param {import("./api.js").Session | null} session
     */
    showMessages(messages, session) {
        this.#listen();
        this.#messages = messages;
        const run = session?.run;
        this.#openRun = run?.state === "waiting" ? run.id : null;
        this.#runningRun = run?.state === "running" ? run.id : null;
        if (session && !run) this.#live.end();
        this.#render();
    }

    /** Prepends older messages. @param {import("./api.js").Message[]} messages */
    prependMessages(messages) {
        this.#messages = [...messages, ...this.#messages];
        this.#render();
    }

    /** Handles an event. @param {{id?: string, event: {type: string, name?: string, value?: any}}} envelope */
    receive(envelope) {
        this.#listen();
        const { event } = envelope;
        if (event.type === "CUSTOM") {
            const isTheBrowsers = this.#live.receive(event);
            const { code = "", message = "" } = event.value ?? {};
            if (event.name === "notice" && !isTheBrowsers) this.#questions.refuse(code, message);
        }
        const runId = placeOf(envelope)?.runId ?? (event.type === "RUN_STARTED" ? event.runId : null);
        if (!runId) return;
        const before = this.#runs.find((run) => run.runId === runId) ?? newRun(runId);
        const run = foldRun(before, envelope, performance.now());
        if (run === before) return;
        this.#runs = [...this.#runs.filter((other) => other.runId !== runId), run].slice(-mostRuns);
        this.#follow(run, event);
        this.#renderSoon();
    }

    /** What the user last asked for. */
    get #lastWords() {
        return this.#messages.findLast(({ role, kind }) => role === "user" && kind === "text")?.content ?? "";
    }

    /** @param {boolean} isConnected */
    setConnected(isConnected) {
        this.#isConnected = isConnected;
        this.#live.setConnected(isConnected);
        this.#renderSoon();
    }

    /** Clears the view and releases its resources. */
    clear() {
        this.#listening?.abort();
        this.#listening = null;
        cancelAnimationFrame(this.#frame);
        this.#frame = 0;
        this.#live.clear();
        this.#questions.clear();
        this.#pictures.clear();
        this.#dropPieces();
        this.#messages = [];
        this.#runs = [];
        this.#openRun = null;
        this.#runningRun = null;
        this.#looks.clear();
        this.#told.clear();
        this.#isFresh = true;
    }

    /** Updates the state of the chat from an event of a run. */
    #follow(run, event) {
        const isStored = this.#messages.some((message) => message.role === "assistant" && message.run_id === run.runId);
        switch (event.type) {
        case "RUN_STARTED":
            // A new connection receives a waiting run again from its start. That doesn't restart it.
            if (run.runId === this.#openRun || isStored) return;
            this.#openRun = null;
            this.#runningRun = run.runId;
            this.#live.unfold();
            break;
        case "RUN_FINISHED":
        case "RUN_ERROR":
            if (this.#runningRun === run.runId) this.#runningRun = null;
            if (run.phase === "waiting") this.#openRun = run.runId;
            // A question that has expired has ended its browser, too.
            if (run.phase !== "waiting" || run.interrupts.every(isExpired)) this.#live.end();
            if (!isStored) this.#tellEnd(run);
        }
    }

    #tellEnd(run) {
        const answer = run.items.findLast((item) => item.kind === "text")?.text ?? "";
        const words = answer.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[*_`#>|]+/g, " ");
        switch (run.phase) {
        case "done":
            return this.#hooks.announce(t("run.announce.done", { answer: words.slice(0, longestAnnouncement) }));
        case "failed": return this.#hooks.announce(t("run.announce.failed"));
        case "stopped": return this.#hooks.announce(t("run.notice.stopped"));
        }
    }

    #renderSoon() {
        // A hidden page doesn't draw. It catches up when it becomes visible.
        this.#frame ||= requestAnimationFrame(() => {
            this.#frame = 0;
            this.#render();
        });
    }

    #render() {
        const entries = entriesOf(this.#messages, this.#runs, {
            openRun: this.#openRun, runningRun: this.#runningRun, sentWords: (id) => this.#questions.sentWords(id),
        });
        const open = openQuestions(entries);
        this.#anchor.keep(() => this.#withFocus(() => {
            this.#questions.setOpen(open);
            this.#reconcile(entries);
        }));
        this.#tellOf(open);
        this.#isFresh &&= !this.#messages.length;
    }

    /** Updates the column's elements to match the entries, without touching those that stay the same. */
    #reconcile(entries) {
        const context = {
            hooks: this.#hooks, questions: this.#questions, pictures: this.#pictures,
            look: (key, isOpen) => this.#look(key, isOpen), keepPlace: (change) => this.#anchor.keep(change),
        };
        const shown = new Set();
        let place = this.#root.firstElementChild;
        for (const { key, kind, data } of entries) {
            const name = `${kind} ${key}`;
            shown.add(name);
            let piece = this.#pieces.get(name);
            if (!piece) {
                piece = makePiece[kind](key, context);
                this.#pieces.set(name, piece);
            }
            piece.update(kind === "working" ? { ...data, isConnected: this.#isConnected } : data);
            if (piece.element === place) place = place.nextElementSibling;
            else this.#root.insertBefore(piece.element, place);
        }
        for (const [name, piece] of this.#pieces) {
            if (shown.has(name)) continue;
            piece.stop?.();
            piece.element.remove();
            this.#pieces.delete(name);
        }
    }

    /** Which steps the user has expanded. Those of a run in progress start expanded. */
    #look(key, isOpen) {
        let look = this.#looks.get(key);
        if (!look) {
            look = newLook(isOpen);
            this.#looks.set(key, look);
        }
        return look;
    }

    /** Restores the focus if a change moves or replaces the focused element. */
    #withFocus(change) {
        const active = /** @type {HTMLElement | null} */ (document.activeElement);
        const isOurs = active && active !== document.body && this.#root.contains(active);
        const step = isOurs ? /** @type {HTMLElement | null} */ (active.closest("[data-step]"))?.dataset.step : null;
        change();
        if (!isOurs || document.activeElement === active) return;
        if (active.isConnected) {
            active.focus({ preventScroll: true });
        } else if (step) {
            /** @type {HTMLElement | null} */
            const summary = this.#root.querySelector(`[data-step="${CSS.escape(step)}"] summary`);
            summary?.focus({ preventScroll: true });
        }
    }

    /** Announces new questions, and focuses the first unless the user is typing. */
    #tellOf(open) {
        const isNew = open.filter((interrupt) => !this.#told.has(interrupt.id));
        if (!isNew.length) return;
        for (const interrupt of isNew) {
            this.#told.add(interrupt.id);
            this.#hooks.announce(t("run.announce.asks", { question: interrupt.message }));
        }
        const card = this.#questions.card(isNew[0]);
        // A decision needs the space more than the live browser does.
        if (isNew.some(({ reason }) => reason !== "takeover")) this.#live.fold();
        card.show();
        if (!this.#isFresh && !this.#isTyping()) card.focus();
    }

    #isTyping() {
        const active = /** @type {HTMLInputElement | null} */ (document.activeElement);
        if (!active?.matches("input, textarea, select, [contenteditable]")) return false;
        return this.#live.hasKeyboard || Boolean(active.value) || performance.now() - this.#lastKey < typingPause;
    }

    #dropPieces() {
        for (const piece of this.#pieces.values()) piece.stop?.();
        this.#pieces.clear();
        this.#root.replaceChildren();
    }

    #listen() {
        if (this.#listening) return;
        this.#listening = new AbortController();
        const { signal } = this.#listening;
        document.addEventListener("keydown", () => { this.#lastKey = performance.now(); }, { signal, capture: true });
        document.addEventListener("ai4ai:language", () => {
            this.#questions.clear();
            this.#dropPieces();
            this.#render();
        }, { signal });
        this.#root.addEventListener("click", (event) => {
            const button = event.target instanceof Element ? event.target.closest("[data-copies]") : null;
            const id = button instanceof HTMLElement ? button.dataset.copies : undefined;
            const block = id ? document.getElementById(id) : null;
            if (block && this.#root.contains(block)) void this.#hooks.copy(block.textContent);
        }, { signal });
    }
}
