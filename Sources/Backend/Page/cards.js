import { bodyOf, headOf, settledCard } from "./card-bodies.js";
import { element, freshID } from "./elements.js";
import { has, t } from "./i18n.js";
import { runIcon } from "./run-icons.js";

/**
 * The open questions, one card each. A single question is answered immediately; several questions of one run are
 * answered together once each has an answer.
 *
 * @typedef {import("./card-bodies.js").Interrupt} Interrupt
 * @typedef {import("./card-bodies.js").Answer} Answer
 */

/** How long to wait for a reply, in milliseconds, before the user can answer again. */
const timeout = 15_000;

export class Questions {
    #send;
    #announce;
    #takeControl;
    #change;
    #startAgain;
    /** @type {Map<string, Card>} */
    #cards = new Map();
    /** @type {Card[]} */
    #open = [];
    #owner = "agent";
    #isConnected = true;
    #clock = 0;
    #bar = new SendAll(() => this.#sendAll());

    /**
     * @param {{send: (frame: object) => void, announce: (text: string) => void, takeControl: () => void,
     *     change: () => void, startAgain: () => void}} acts `change` is called when a question can no longer be answered.
     */
    constructor({ send, announce, takeControl, change, startAgain }) {
        this.#send = send;
        this.#announce = announce;
        this.#takeControl = takeControl;
        this.#change = change;
        this.#startAgain = startAgain;
    }

    /** The bar that sends all answers together. */
    get bar() {
        return this.#bar.element;
    }

    /** @param {Interrupt} interrupt */
    card(interrupt) {
        let card = this.#cards.get(interrupt.id);
        if (!card) {
            card = new Card(interrupt, {
                answer: () => this.#answered(),
                change: () => {
                    this.#bar.update(this.#open);
                    this.#change();
                },
                takeControl: this.#takeControl,
                startAgain: this.#startAgain,
            });
            card.setOwner(this.#owner);
            this.#cards.set(interrupt.id, card);
        }
        return card;
    }

    /** The text of the answer that was sent from this page. @param {string} id */
    sentWords(id) {
        return this.#cards.get(id)?.sentWords ?? null;
    }

    /** Whether there are open questions and all of them have expired. */
    get isTooLate() {
        return this.#open.length > 0 && this.#open.every((card) => card.state === "expired");
    }

    /** Sets the questions that can be answered now. @param {Interrupt[]} interrupts */
    setOpen(interrupts) {
        const open = interrupts.map((interrupt) => this.card(interrupt));
        if (open.length === this.#open.length && open.every((card, index) => card === this.#open[index])) return;
        for (const card of this.#open) if (!open.includes(card)) card.stop();
        this.#open = open;
        this.#bar.update(open);
        clearInterval(this.#clock);
        if (!this.#open.length) return;
        this.#clock = setInterval(() => this.#tick(), 1000);
        this.#tick();
    }

    /** @param {string} owner */
    setOwner(owner) {
        this.#owner = owner;
        for (const card of this.#cards.values()) card.setOwner(owner);
    }

    /** Handles a rejected answer. @param {string} code @param {string} message Shown if the code is unknown here. */
    refuse(code, message) {
        const sent = this.#open.filter((card) => card.state === "sending");
        const words = has(`card.refused.${code}`) ? t(`card.refused.${code}`) : message || t("card.noReply");
        if (sent.length) this.#announce(words);
        for (const card of sent) card.refuse(words);
    }

    clear() {
        clearInterval(this.#clock);
        for (const card of this.#cards.values()) card.stop();
        this.#cards.clear();
        this.#open = [];
    }

    #tick() {
        const now = Date.now();
        for (const card of this.#open) {
            const words = card.tick(now);
            if (words) this.#announce(words);
        }
    }

    #answered() {
        if (this.#open.length === 1) return this.#sendAll();
        this.#bar.update(this.#open);
        if (this.#open.every((card) => card.answer)) this.#bar.focus();
    }

    #sendAll() {
        const [first, ...others] = this.#open.filter((card) => card.answer)
            .map((card) => ({ interruptId: card.interrupt.id, ...card.answer }));
        if (!first || others.length + 1 < this.#open.length) return;
        this.#send({ type: "interrupt.resolve", ...first, ...(others.length ? { with: others } : {}) });
        for (const card of this.#open) card.sending();
        this.#bar.update(this.#open);
    }
}

/** A question and the controls for answering it. */
export class Card {
    /** @type {"open" | "held" | "sending" | "expired"} */
    state = "open";
    /** @type {Answer | null} */
    answer = null;
    /** The answer's text. */
    words = "";

    #body;
    #acts;
    #heading;
    #fields;
    #countdown = element("span", { class: "countdown" });
    #status = element("p", { class: "card-status", hidden: true });
    #isWarned = false;
    #timeout = 0;

    /**
     * @param {Interrupt} interrupt
     * @param {{answer: () => void, change: () => void, takeControl: () => void, startAgain: () => void}} acts
     */
    constructor(interrupt, acts) {
        this.interrupt = interrupt;
        this.#acts = acts;
        const id = freshID("card");
        const head = headOf(interrupt);
        head.append(this.#countdown);
        this.#heading = head.querySelector("h2");
        this.#heading.id = id;
        this.#body = bodyOf(interrupt, {
            answer: (answer, words) => this.#take(answer, words), takeControl: acts.takeControl,
        });
        this.#fields = element("fieldset", { class: "card-body", "aria-labelledby": id }, this.#body.element);
        this.element = element(
            "section", { class: "card", "aria-labelledby": id, data: { reason: interrupt.reason } },
            head, this.#fields, this.#status);
    }

    get sentWords() {
        return this.state === "sending" ? this.words : null;
    }

    focus() {
        this.#heading.focus({ preventScroll: true });
    }

    /** Scrolls the card into view; if it's too tall, its beginning. */
    show() {
        showCard(this.element);
    }

    setOwner(owner) {
        this.#body.setOwner?.(owner);
    }

    /** @param {number} now @returns {string | null} The text to announce. */
    tick(now) {
        const end = Date.parse(this.interrupt.expiresAt ?? "");
        if (!Number.isFinite(end) || this.state === "sending") return null;
        const left = Math.ceil((end - now) / 1000);
        if (left <= 0) {
            if (this.state === "expired") return null;
            this.state = "expired";
            this.answer = null;
            this.#body.forget?.();
            const again = element(
                "button", { class: "button start-again", type: "button", onClick: () => {
                    // Other questions of the task may have expired with this one.
                    for (const each of document.querySelectorAll(".start-again")) each.remove();
                    this.#acts.startAgain();
                } }, t("card.startAgain"));
            this.element.replaceChildren(
                ...settledCard(this.interrupt, null, null, "card.expired").childNodes,
                element("div", { class: "card-buttons" }, again));
            this.element.classList.add("settled");
            this.#acts.change();
            return t("card.expired");
        }
        const words = timeWords(left);
        if (this.#countdown.textContent !== words) this.#countdown.textContent = words;
        this.#countdown.classList.toggle("is-short", left <= 60);
        if (left > 60 || this.#isWarned) return null;
        this.#isWarned = true;
        return t("card.soonOver", { question: this.interrupt.message });
    }

    sending() {
        this.state = "sending";
        this.#countdown.textContent = "";
        this.#say(t("card.sending", { answer: this.words }));
        this.#heading.focus({ preventScroll: true });
        clearTimeout(this.#timeout);
        this.#timeout = setTimeout(() => this.refuse(t("card.noReply")), timeout);
    }

    /** Handles a rejected answer, so that the user can answer again. @param {string} words */
    refuse(words) {
        if (this.state !== "sending") return;
        clearTimeout(this.#timeout);
        this.#reopen();
        this.#say(words, "problem");
        this.#acts.change();
    }

    /** Ends the question, and discards secrets in the answer. */
    stop() {
        clearTimeout(this.#timeout);
        this.answer = null;
        this.#body.forget?.();
    }

    /** @param {Answer} answer @param {string} words */
    #take(answer, words) {
        if (this.state !== "open") return;
        this.state = "held";
        this.answer = answer;
        this.words = words;
        const onClick = () => {
            this.#reopen();
            this.focus();
            this.#acts.change();
        };
        const change = element("button", { class: "quiet-button", type: "button", onClick }, t("card.change"));
        this.#say(t("card.held", { answer: words }), "", change);
        this.#acts.answer();
    }

    #reopen() {
        this.state = "open";
        this.answer = null;
        this.#fields.disabled = false;
        this.#status.hidden = true;
    }

    #say(words, kind = "", button = null) {
        this.#fields.disabled = this.state !== "open";
        this.#status.hidden = false;
        this.#status.className = `card-status ${kind}`;
        this.#status.replaceChildren(...[kind ? runIcon("warning") : null, element("span", {}, words), button]
            .filter(Boolean));
    }
}

/** @param {number} left In seconds. */
function timeWords(left) {
    if (left > 90 * 60) return t("card.hoursLeft", { count: Math.round(left / 3600) });
    return left > 90 ? t("card.minutesLeft", { count: Math.ceil(left / 60) }) : t("card.secondsLeft", { count: left });
}

/** Scrolls a card into view; if it's too tall, its beginning. @param {Element} card */
export function showCard(card) {
    const room = card.closest("article")?.parentElement?.parentElement?.clientHeight ?? innerHeight;
    card.scrollIntoView({ block: card.clientHeight > room ? "start" : "nearest" });
}

/** The bar below several questions. */
class SendAll {
    #words = element("span");
    #button;

    /** @param {() => void} send */
    constructor(send) {
        this.#button = element("button", { class: "button primary", type: "button", onClick: send }, t("card.sendAll"));
        this.element = element("div", { class: "send-all" }, this.#words, this.#button);
    }

    /** @param {Card[]} cards */
    update(cards) {
        const done = cards.filter((card) => card.answer).length;
        const isSending = cards.some((card) => card.state === "sending");
        this.#words.textContent = t("card.answered", { done, all: cards.length });
        this.#button.textContent = t("card.sendAll");
        this.#button.disabled = done < cards.length || isSending;
    }

    focus() {
        this.#button.focus();
    }
}
