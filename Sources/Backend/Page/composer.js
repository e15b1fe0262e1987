/**
 * Where a person writes. Enter sends, Shift+Enter begins a line, and an unfinished text waits in its chat.
 *
 * @typedef {object} ComposerHooks
 * @property {(text: string) => Promise<boolean>} onSend False keeps the text.
 * @property {(text: string) => void} onSendElsewhere Begins something else, while this chat's task waits.
 * @property {() => void} onStop
 * @property {() => string | undefined} lastWords What the person said last.
 */

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
    #isSending = false;

    #label = element("label", { class: "visually-hidden", for: "composer-text" });
    #text = element("textarea", {
        id: "composer-text", rows: 1, enterkeyhint: "send", autocomplete: "off",
        "aria-describedby": "composer-hint composer-error",
    });
    #hint = element("p", { id: "composer-hint", class: "composer-hint" });
    #error = element("p", { id: "composer-error", class: "field-error", role: "alert", hidden: true });
    #aside = element("div", { class: "composer-note", hidden: true });
    #note = element("div", { class: "composer-note", hidden: true });
    #send = element("button", { class: "icon-button send", type: "submit" }, icon("send"));
    #stop = element("button", { class: "icon-button stop", type: "button", hidden: true }, icon("stop"));

    /** @param {HTMLFormElement} form @param {number} limit In bytes of UTF-8. @param {ComposerHooks} hooks */
    constructor(form, limit, hooks) {
        this.#hooks = hooks;
        this.#limit = limit;
        form.append(
            this.#note, this.#aside,
            element("div", { class: "composer-box" },
                this.#label, this.#text, element("div", { class: "composer-tools" }, this.#stop, this.#send)),
            this.#error, this.#hint);
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            void this.#submit();
        });
        form.addEventListener("click", (event) => event.target === this.#text.parentElement && this.#text.focus());
        this.#text.addEventListener("input", () => this.#changed());
        this.#text.addEventListener("keydown", (event) => this.#press(event));
        this.#stop.addEventListener("click", () => {
            this.#hooks.onStop();
            this.#text.focus();
        });
        // Another width has other lines.
        new ResizeObserver(() => this.#fit()).observe(form);
        document.addEventListener("ai4ai:language", () => this.#write());
        this.#write();
    }

    /** Turns to another chat, with what was begun there. @param {string | null} chat */
    turnTo(chat) {
        this.#draftPlace = `ai4ai.draft.${chat ?? "new"}`;
        this.#isEditing = false;
        this.#set(sessionStorage.getItem(this.#draftPlace) ?? "");
        this.#write();
    }

    /** The new chat that is being written in has become this one. @param {string} chat */
    settle(chat) {
        sessionStorage.removeItem(this.#draftPlace);
        this.#draftPlace = `ai4ai.draft.${chat}`;
    }

    /** @param {"idle" | "running" | "waiting"} state What the chat's agents do. */
    show(state) {
        if (state === this.#state) return;
        this.#state = state;
        this.#write();
    }

    focus() {
        this.#text.focus({ preventScroll: true });
    }

    clear() {
        this.#set("");
    }

    /** Gives a text back that could not be sent, before whatever was written since. @param {string} text */
    restore(text) {
        this.#set([text, this.#text.value].filter(Boolean).join("\n"));
    }

    /** Lets the person say something again in another way. @param {string} text */
    edit(text) {
        this.#isEditing = true;
        this.#set(text);
        this.#write();
        this.#text.focus();
        this.#text.setSelectionRange(text.length, text.length);
    }

    /** Gives up an edit. @returns {boolean} Whether there was one. */
    cancelEdit() {
        if (!this.#isEditing) return false;
        this.#isEditing = false;
        this.#set("");
        this.#write();
        this.#text.focus();
        return true;
    }

    async #submit() {
        const text = this.#text.value.trim();
        if (!text || this.#isSending || this.#overrun(text) > 0) return;
        this.#isSending = true;
        const kept = this.#text.value;
        this.#set("");
        // What is written on while the message leaves stays.
        if (!await this.#hooks.onSend(text)) this.restore(kept);
        else if (this.#isEditing) this.#isEditing = false;
        this.#isSending = false;
        this.#write();
    }

    #press(event) {
        // While an input method is at work, Enter belongs to it.
        if (event.isComposing || event.keyCode === 229) return;
        const isPlain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
        if (event.key === "Enter" && (isPlain || event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            void this.#submit();
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

    /** As high as the text is; the style sheet knows a limit. */
    #fit() {
        this.#text.style.height = "auto";
        if (this.#text.value) this.#text.style.height = `${this.#text.scrollHeight}px`;
    }

    /** Bytes too many. */
    #overrun(text) {
        // A letter has at most three bytes for each of its units; most texts need no count.
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
        // One button where the other has nothing to do.
        this.#send.hidden = this.#state === "running" && !text;
        // A note to the task that waits, and a task of its own, must not be confused.
        this.#aside.hidden = this.#state !== "waiting" || !text || this.#isEditing;
    }

    #writeAside() {
        this.#aside.replaceChildren(
            element("span", {}, t("composer.note")),
            element("button", {
                class: "link-button", type: "button", onClick: () => {
                    const text = this.#text.value.trim();
                    this.#set("");
                    this.#hooks.onSendElsewhere(text);
                },
            }, t("composer.elsewhere")));
    }

    /** The words of the present state, in the present language. */
    #write() {
        this.#label.textContent = t("composer.label");
        this.#text.placeholder = t(`composer.placeholder.${this.#state}`);
        this.#hint.textContent = t("composer.hint");
        this.#hint.title = t("composer.limit", { limit: formatNumber(this.#limit) });
        this.#send.setAttribute("aria-label", t(this.#state === "idle" ? "composer.send" : "composer.add"));
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
