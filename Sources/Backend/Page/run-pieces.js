import { settledCard } from "./card-bodies.js";
import { element } from "./elements.js";
import { fileCard } from "./files.js";
import { formatMoment, has, locale, t } from "./i18n.js";
import { StreamedMarkdown } from "./markdown.js";
import { runIcon } from "./run-icons.js";
import { currentStep, withoutMarks } from "./run-state.js";
import { stepTitle } from "./step-titles.js";
import { duration, StepsView } from "./steps.js";
import { structuredResult } from "./structured-result.js";
import { webAddress } from "./web-address.js";

/**
 * The pieces of the message column: each is an element for one entry, and updates itself from the entry's data.
 *
 * @typedef {{element: HTMLElement, update: (data: any) => void, stop?: () => void}} Piece
 * @typedef {object} Context
 * @property {import("./run-view.js").Hooks} hooks
 * @property {import("./cards.js").Questions} questions
 * @property {import("./pictures.js").Pictures} pictures
 * @property {(key: string, isOpen: boolean) => import("./steps.js").StepsLook} look
 * @property {(change: () => void) => void} keepPlace Makes a change without moving the visible content.
 */

/** @type {Record<import("./run-entries.js").Entry["kind"], (key: string, context: Context) => Piece>} */
export const makePiece = {
    /** A message from the user. */
    words(key, { hooks }) {
        const text = element("div", { class: "bubble", dir: "auto" });
        const files = element("div", { class: "message-files", hidden: true });
        const state = element("p", { class: "message-state", hidden: true }, t("run.pending"));
        const unfold = element("button", { class: "link-button", type: "button", hidden: true }, t("run.showAll"));
        unfold.addEventListener("click", () => {
            text.classList.remove("is-folded");
            unfold.hidden = true;
        });
        let content = "";
        let canDelete = true;
        const actions = actionRow(
            action("edit", "run.editAndResend", () => hooks.editAndResend(content)),
            action("copy", "run.copy", () => hooks.copy(content)));
        return piece("user", t("run.author.you"), [text, unfold, files, state, actions], (data) => {
            if (content !== data.content) {
                content = data.content;
                text.textContent = content;
                const isFolded = isLong(content);
                unfold.hidden = !isFolded;
                text.classList.toggle("is-folded", isFolded);
            }
            state.hidden = !data.isPending;
            if (files.childElementCount !== data.files.length || canDelete === data.isPending) {
                canDelete = !data.isPending;
                files.replaceChildren(...data.files.map((file) => fileCard(file, hooks.files(), !data.isPending)));
                files.hidden = !data.files.length;
            }
            tellTime(actions, data.time);
        });
    },

    /** A message from the agent. */
    text(key, { hooks, keepPlace }) {
        const body = new StreamedMarkdown(keepPlace);
        const links = element("div", { class: "links" });
        const usage = element("span", { class: "usage" });
        const facts = element("p", { class: "result-facts", hidden: true });
        const found = element("div");
        let content = "";
        const actions = actionRow(action("copy", "run.copy", () => hooks.copy(content)), usage);
        let isFinished = false;
        const made = piece("assistant", t("run.author.agent"), [body.element, found, facts, links, actions], (data) => {
            if (data.isOpen) body.update(data.text);
            else if (!isFinished || content !== data.text) body.finish(data.text);
            isFinished = !data.isOpen;
            content = data.text;
            actions.hidden = data.isOpen;
            if (data.result && !found.childElementCount) {
                found.append(structuredResult(JSON.parse(data.result), hooks.copy));
            }
            facts.replaceChildren(...resultFacts(data), ...recipeButtons(data, hooks));
            facts.hidden = !facts.childElementCount;
            links.replaceChildren(...(data.links ?? []).map(linkButton).filter(Boolean));
            usage.textContent = usageWords(data.usage);
            tellTime(actions, data.time);
        });
        return { ...made, stop: () => body.stop() };
    },

    steps(key, { pictures, look }) {
        let view = null;
        return piece("assistant steps-message", t("run.author.steps"), [], (data, article) => {
            if (!view) {
                view = new StepsView(look(key, data.isLive === true), pictures);
                article.append(view.element);
            }
            view.update(data.steps, data.isLive === true);
        });
    },

    question(key, { hooks, questions }) {
        let settled = null;
        return piece("assistant", t("run.author.question"), [], (data, article) => {
            const { interrupt, answer, isOpen, isForTask } = data;
            if (!isOpen && (settled?.answer !== answer || settled.isForTask !== isForTask)) {
                const revoke = isForTask ? () => hooks.revoke(interrupt.metadata) : null;
                settled = { answer, isForTask, card: settledCard(interrupt, answer, revoke) };
            }
            const shown = isOpen ? questions.card(interrupt).element : settled.card;
            if (article.firstElementChild === shown) return;
            // Keep the focus in a question that was just answered.
            const hadFocus = article.contains(document.activeElement);
            article.replaceChildren(shown);
            if (hadFocus) shown.querySelector("h2").focus({ preventScroll: true });
        });
    },

    /** The bar that sends the answers to several questions. */
    sendAll: (key, { questions }) => ({ element: questions.bar, update() {} }),

    /** An answer whose question isn't loaded. */
    answer() {
        const text = element("span");
        return piece(
            "user", t("run.author.you"),
            [element("div", { class: "bubble" }, element("p", { class: "muted" }, t("run.answer")), text)],
            (data) => { text.textContent = data.content; });
    },

    /** A file that a website has sent. */
    file(key, { hooks }) {
        let shown = "";
        return piece("assistant", t("run.author.file"), [], ({ file }, article) => {
            if (shown === file.id) return;
            shown = file.id;
            article.replaceChildren(fileCard(file, hooks.files()));
        });
    },

    error(key, { hooks }) {
        const words = element("p", { class: "error-words" });
        const detail = element("p", {});
        const more = element("details", {}, element("summary", {}, t("run.error.detail")), detail);
        let lastWords = "";
        const retry = element(
            "button", { class: "button", type: "button", onClick: () => hooks.retry(lastWords) }, t("run.retry"));
        return piece(
            "assistant", t("run.author.error"),
            [element("div", { class: "error-box" }, runIcon("warning"), element("div", {}, words, more, retry))],
            (data) => {
                words.textContent = errorWords(data.code);
                detail.textContent = data.message ?? "";
                more.hidden = !data.message;
                lastWords = data.lastWords ?? lastWords;
                retry.hidden = !lastWords;
            });
    },

    notice() {
        const words = element("p", { class: "notice" });
        return piece("assistant", t("run.author.notice"), [words], (data) => {
            const key = `run.notice.${data.code}`;
            words.textContent = has(key) ? t(key) : data.message;
        });
    },

    /** The progress indicator of a run. */
    working() {
        const words = element("span", { class: "working-words" });
        const place = element("bdi", { class: "working-place" });
        const note = element("p", { class: "working-note" });
        const plan = element("ol", { class: "plan", "aria-label": t("run.plan") });
        const spinner = element("span", { class: "spinner", "aria-hidden": "true" });
        let shownPlan = null;
        return piece(
            "assistant working", t("run.author.working"),
            [plan, element("p", { class: "working-line" }, spinner, words, place), note], (data) => {
                const step = data.items.length ? currentStep(data) : null;
                words.textContent = data.isConnected === false
                    ? t("run.reconnecting") : step ? stepTitle(step, t)
                        : t(data.browser === "starting" ? "run.browserStarts" : "run.working");
                place.textContent = data.address ? hostOf(data.address.url) : "";
                note.textContent = firstLines(withoutMarks(data.note, true));
                note.hidden = !data.note;
                if (shownPlan === data.plan) return;
                shownPlan = data.plan;
                plan.replaceChildren(...data.plan.map(planItem));
                plan.hidden = !data.plan.length;
            });
    },
};

/**
 * @param {string} kind CSS classes.
 * @param {string} label The author or kind of the message, for screen readers.
 * @param {HTMLElement[]} children
 * @param {(data: any, article: HTMLElement) => void} update
 * @returns {Piece}
 */
function piece(kind, label, children, update) {
    const article = element("article", { class: `message ${kind}`, "aria-label": label }, ...children);
    let shown = {};
    return {
        element: article,
        update(data) {
            if (isSame(shown, data)) return;
            shown = data;
            update(data, article);
        },
    };
}

/** Whether two entries have the same data, so that unchanged elements aren't updated. */
function isSame(one, other) {
    const keys = Object.keys(other);
    return keys.length === Object.keys(one).length && keys.every((key) => one[key] === other[key]);
}

function actionRow(...children) {
    return element("div", { class: "message-actions" }, ...children, element("time", { class: "message-time" }));
}

function action(icon, key, onClick) {
    return element(
        "button", { class: "icon-button small", type: "button", "aria-label": t(key), title: t(key), onClick },
        runIcon(icon));
}

function tellTime(row, time) {
    const place = row.lastElementChild;
    if (!time || place.dateTime === time) return;
    place.dateTime = time;
    place.textContent = formatMoment(time);
}

function hostOf(url) {
    return webAddress(url)?.host ?? "";
}

function firstLines(note) {
    return note.length > 280 ? `${note.slice(0, 280)} …` : note;
}

/** @param {{url: string, title?: string, kind: string}} link */
function linkButton({ url, title, kind }) {
    if (!/^https?:\/\//i.test(url ?? "") || !webAddress(url)) return null;
    const isPayment = kind === "payment";
    return element(
        "a", {
            class: `button result-link ${isPayment ? "payment" : ""}`, href: url, target: "_blank", title: url,
            rel: "noopener noreferrer nofollow",
        },
        runIcon(isPayment ? "card" : "open"),
        element(
            "span", { class: "result-words" },
            element("span", {}, isPayment ? t("run.link.payment") : title || t("run.link.open")),
            element("bdi", { class: "result-host" }, hostOf(url))),
        element("span", { class: "visually-hidden" }, t("run.link.newTab")));
}

/** The outcome of a task, where it was done, how long it took, and what it cost. @returns {HTMLElement[]} */
function resultFacts({ outcome, sites, seconds, dollars }) {
    const isDone = outcome !== "not_done";
    // An answer that needed no website isn't a task.
    if (isDone && !sites) return [];
    return [
        element(
            "span", { class: isDone ? "fact-done" : "verdict" }, runIcon(isDone ? "done" : "failed"),
            t(isDone ? "run.done" : "run.notDone")),
        sites ? element("bdi", {}, sites) : null,
        seconds ? element("span", {}, duration(seconds * 1000)) : null,
        typeof dollars === "number" ? element("span", {}, costWords(dollars)) : null,
    ].filter((fact) => fact !== null);
}

/**
 * What can be done with a task again. @returns {HTMLElement[]}
 * @param {{recipe?: string, canSave?: boolean, outcome?: string, sites?: string}} data
 * @param {import("./run-view.js").Hooks} hooks
 */
function recipeButtons({ recipe, canSave, outcome, sites }, hooks) {
    const quiet = (/** @type {string} */ key, /** @type {() => void} */ onClick) => element(
        "button", { class: "quiet-button", type: "button", onClick }, t(key));
    if (recipe) return [quiet("run.recipe.again", () => hooks.repeat(JSON.parse(recipe)))];
    if (canSave && sites && outcome !== "not_done") return [quiet("run.recipe.save", () => hooks.saveRecipe())];
    return [];
}

/** Whether a message is shown folded at first. @param {string} text */
function isLong(text) {
    return text.length > 1500 || text.split("\n", 25).length === 25;
}

function usageWords(usage) {
    if (!usage) return "";
    const input = usage.inputTokens ?? usage.input_tokens ?? 0;
    const output = usage.outputTokens ?? usage.output_tokens ?? 0;
    return input + output > 0 ? t("run.usage", { input, output }) : "";
}

/** What the model's tokens cost at most. @param {number} dollars */
function costWords(dollars) {
    if (dollars < 0.01) return t("run.cost.little");
    return t("run.cost", { cost: new Intl.NumberFormat(locale(), { style: "currency", currency: "USD" }).format(dollars) });
}

/** @param {string} code */
function errorWords(code = "") {
    if (has(`run.error.${code}`)) return t(`run.error.${code}`);
    return t(code.startsWith("model_") ? "run.error.model" : "run.error.other");
}

/** @param {{title: string, status: string}} step */
function planItem({ title, status }) {
    const icons = { done: "done", in_progress: "chevron", pending: "dot" };
    return element(
        "li", { class: status, "aria-current": status === "in_progress" ? "step" : null }, runIcon(icons[status]),
        element("span", {}, title), element("span", { class: "visually-hidden" }, t(`run.plan.${status}`)));
}
