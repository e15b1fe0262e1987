/**
 * The message box. Enter sends, Shift+Enter starts a new line, and each chat keeps its draft.
 *
 * @typedef {object} ComposerHooks
 * @property {(text: string, files: File[]) => Promise<boolean>} onSend Returns false to restore the message.
 * @property {(text: string, files: File[]) => void} onSendElsewhere Starts a new chat while this chat's task waits.
 * @property {() => void} onStop
 * @property {() => string | undefined} lastWords Returns the user's last message.
 */

import { Attachments } from "./attachments.js";
import { element } from "./elements.js";
import { formatNumber, t } from "./i18n.js";
import { icon } from "./icons.js";

export class Composer {
    #hooks;
    #limit;
    #draftPlace = "";
    /** @type {"idle" | "running" | "waiting"} */
    #state = "idle";
    #isEditing = false;
    /** What was in the box before an edit. */
    #replaced = "";
    /** The turns whose message is being sent. @type {Set<number>} */
    #sending = new Set();
    /** The drafts of turns whose chat was created meanwhile. @type {Map<number, string>} */
    #settled = new Map();
    /** The files of drafts that aren't shown. @type {Map<string, File[]>} */
    #keptFiles = new Map();
    /** How often another chat was opened. */
    #turn = 0;

    #label = element("label", { class: "visually-hidden", for: "composer-text" });
    #text = element("textarea", {
        id: "composer-text", rows: 1, enterkeyhint: "send", autocomplete: "off", dir: "auto",
        "aria-describedby": "composer-hint composer-error",
    });
    #hint = element("p", { id: "composer-hint", class: "composer-hint" });
    #error = element("p", { id: "composer-error", class: "field-error", role: "alert", hidden: true });
    #aside = element("div", { class: "composer-note composer-choice", hidden: true });
    #note = element("div", { class: "composer-note", hidden: true });
    #send = element("button", { class: "icon-button send", type: "submit" }, icon("send"));
    #attachments;
    #busy = element("p", { class: "composer-note", role: "status", hidden: true });
    #stop = element("button", { class: "icon-button stop", type: "button", hidden: true }, icon("stop"));

    /**
     * @param {HTMLFormElement} form
     * @param {import("./api.js").Config["limits"]} limits
     * @param {ComposerHooks} hooks
     */
    constructor(form, limits, hooks) {
        this.#hooks = hooks;
        this.#limit = limits.message_bytes;
        this.#attachments = new Attachments(form.parentElement ?? form, limits, () => this.#check());
        form.append(
            this.#note, this.#aside, this.#busy, this.#attachments.list, this.#attachments.error,
            element("div", { class: "composer-box" },
                this.#attachments.button, this.#label, this.#text, element("div", { class: "composer-tools" }, this.#stop, this.#send)),
            this.#error, this.#hint);
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            void this.#submit();
        });
        form.addEventListener("click", (event) => event.target === this.#text.parentElement && this.#text.focus());
        this.#text.addEventListener("input", () => this.#changed());
        this.#text.addEventListener("keydown", (event) => this.#press(event));
        this.#text.addEventListener("paste", (event) => this.#attachments.paste(event));
        // A held Enter, which has moved the focus here, chooses nothing.
        this.#aside.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
        this.#stop.addEventListener("click", () => {
            this.#hooks.onStop();
            this.#text.focus();
        });
        // Another width wraps the lines differently.
        new ResizeObserver(() => this.#fit()).observe(form);
        document.addEventListener("ai4ai:language", () => this.#write());
        this.#write();
    }

    /** Switches to another chat and its draft. @param {string | null} chat */
    turnTo(chat) {
        if (this.#draftPlace && this.#attachments.files.length) {
            this.#keptFiles.set(this.#draftPlace, this.#attachments.files);
        }
        this.#draftPlace = draftPlace(chat);
        this.#turn += 1;
        this.#isEditing = false;
        this.#attachments.files = this.#keptFiles.get(this.#draftPlace) ?? [];
        this.#keptFiles.delete(this.#draftPlace);
        this.#busy.hidden = true;
        this.#set(sessionStorage.getItem(this.#draftPlace) ?? "");
        this.#write();
    }

    /** Assigns the draft to the chat that was just created. @param {string} chat */
    settle(chat) {
        sessionStorage.removeItem(this.#draftPlace);
        this.#draftPlace = draftPlace(chat);
        if (this.#text.value) sessionStorage.setItem(this.#draftPlace, this.#text.value);
        this.#settled.set(this.#turn, this.#draftPlace);
    }

    /** @param {"idle" | "running" | "waiting"} state The state of the chat's run. */
    show(state) {
        if (state === this.#state) return;
        this.#state = state;
        this.#write();
    }

    focus() {
        this.#text.focus({ preventScroll: true });
    }

    /**
     * Restores a message that couldn't be sent, in its own chat, before anything written since.
     * @param {string} text @param {File[]} files @param {string | null} chat
     */
    giveBack(text, files, chat) {
        this.#giveBack(text, files, draftPlace(chat));
    }

    /** Lets the user edit and resend a message. @param {string} text */
    edit(text) {
        if (!this.#isEditing) this.#replaced = this.#text.value;
        this.#isEditing = true;
        this.#set(text);
        this.#write();
        this.#text.focus();
        this.#text.setSelectionRange(text.length, text.length);
    }

    /** Cancels an edit. @returns {boolean} Whether there was one. */
    cancelEdit() {
        if (!this.#isEditing) return false;
        this.#isEditing = false;
        this.#set(this.#replaced);
        this.#write();
        this.#text.focus();
        return true;
    }

    /** Leaves the question what a text is for, which Escape must not answer. @returns {boolean} Whether it was open. */
    leaveAside() {
        const active = document.activeElement;
        if (this.#aside.hidden || !(active instanceof HTMLElement)) return false;
        if (active !== this.#text && !this.#aside.contains(active)) return false;
        active.blur();
        return true;
    }

    /** Sends the message as it stands. */
    submit() {
        void this.#submit();
    }

    /** @param {boolean} [isChosen] Whether the user has said what the text is for. */
    async #submit(isChosen = false) {
        const text = this.#text.value.trim();
        const place = this.#draftPlace;
        const turn = this.#turn;
        if (!text || this.#sending.has(turn) || this.#overrun(text) > 0) return;
        if (!this.#aside.hidden && !isChosen) return this.#aside.querySelector("button").focus();
        const kept = this.#text.value;
        const files = this.#attachments.files;
        this.#sending.add(turn);
        this.#set("");
        this.#attachments.files = [];
        this.#busy.hidden = !files.length;
        // Keep what the user writes while the message is being sent.
        const isSent = await this.#hooks.onSend(text, files);
        this.#sending.delete(turn);
        if (turn === this.#turn) this.#busy.hidden = true;
        if (!isSent) this.#giveBack(kept, files, this.#settled.get(turn) ?? place);
        else if (this.#isEditing && turn === this.#turn) this.#isEditing = false;
        this.#write();
    }

    #giveBack(text, files, place) {
        if (place !== this.#draftPlace) {
            sessionStorage.setItem(place, [text, sessionStorage.getItem(place)].filter(Boolean).join("\n"));
            this.#keptFiles.set(place, [...files, ...this.#keptFiles.get(place) ?? []]);
            return;
        }
        this.#set([text, this.#text.value].filter(Boolean).join("\n"));
        this.#attachments.files = [...files, ...this.#attachments.files];
    }

    #press(event) {
        // During input method composition, Enter belongs to the input method.
        if (event.isComposing || event.keyCode === 229) return;
        const isPlain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
        if (event.key === "Enter" && (isPlain || event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            if (!event.repeat) void this.#submit();
        } else if (event.key === "ArrowUp" && isPlain && this.#text.value === "") {
            const words = this.#hooks.lastWords();
            if (!words) return;
            event.preventDefault();
            this.edit(words);
        }
    }

    #set(text) {
        this.#text.value = text;
        this.#changed();
    }

    #changed() {
        const text = this.#text.value;
        if (text) sessionStorage.setItem(this.#draftPlace, text);
        else sessionStorage.removeItem(this.#draftPlace);
        this.#fit();
        this.#check();
    }

    /** Fits the height to the text, up to the style sheet's limit. */
    #fit() {
        this.#text.style.height = "auto";
        if (this.#text.value) this.#text.style.height = `${this.#text.scrollHeight}px`;
    }

    /** The number of bytes over the limit. */
    #overrun(text) {
        // UTF-8 has at most three bytes per UTF-16 code unit, so most texts needn't be encoded.
        return text.length * 3 <= this.#limit ? 0 : new TextEncoder().encode(text).length - this.#limit;
    }

    #check() {
        const text = this.#text.value.trim();
        const overrun = this.#overrun(text);
        const error = overrun > 0 ? t("composer.tooLong", { count: overrun }) : "";
        if (this.#error.textContent !== error) this.#error.textContent = error;
        this.#error.hidden = !error;
        this.#text.setAttribute("aria-invalid", `${overrun > 0}`);
        this.#send.disabled = !text || overrun > 0;
        // While a run is in progress and there is no text, only the stop button shows.
        this.#send.hidden = this.#state === "running" && !text;
        // Offer a separate chat, so that a note for the waiting task isn't confused with a new task.
        this.#aside.hidden = this.#state !== "waiting" || !text;
    }

    /** What a text is for while a question waits: a note to that task, or a task of its own. Nothing is sent unsaid. */
    #writeAside() {
        this.#aside.replaceChildren(
            element("span", {}, t("composer.note")),
            element("button", {
                class: "button", type: "button", onClick: () => void this.#submit(true),
            }, t("composer.sendNote")),
            element("button", {
                class: "button", type: "button", onClick: () => {
                    const text = this.#text.value.trim();
                    const files = this.#attachments.files;
                    this.#set("");
                    this.#attachments.files = [];
                    this.#hooks.onSendElsewhere(text, files);
                },
            }, t("composer.elsewhere")));
    }

    /** Updates all texts to the current state and language. */
    #write() {
        this.#label.textContent = t("composer.label");
        this.#text.placeholder = t(`composer.placeholder.${this.#state}`);
        this.#hint.textContent = t("composer.hint");
        this.#hint.title = t("composer.limit", { limit: formatNumber(this.#limit) });
        this.#send.setAttribute("aria-label", t(this.#state === "idle" ? "composer.send" : "composer.add"));
        this.#busy.textContent = t("composer.uploading");
        this.#writeAside();
        this.#stop.setAttribute("aria-label", t("composer.stop"));
        this.#stop.title = t("composer.stop");
        this.#stop.hidden = this.#state === "idle";
        this.#note.hidden = !this.#isEditing;
        this.#note.replaceChildren(
            element("span", {}, t("composer.editing")),
            element("button", { class: "link-button", type: "button", onClick: () => this.cancelEdit() }, t("cancel")));
        this.#check();
    }
}

/** Where a chat's draft is kept. @param {string | null} chat */
function draftPlace(chat) {
    return `ai4ai.draft.${chat ?? "new"}`;
}
