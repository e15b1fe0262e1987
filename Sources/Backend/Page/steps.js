import { element } from "./elements.js";
import { formatNumber, t } from "./i18n.js";
import { runIcon, toolIcon } from "./run-icons.js";
import { stepTitle, worksInBrowser } from "./step-titles.js";

/**
 * The steps of a run: a summary line that expands to one line per step, which in turn expands to the step's result.
 *
 * @typedef {import("./run-state.js").Step} Step
 * @typedef {{isOpen: boolean, showsAll: boolean, openSteps: Set<string>}} StepsLook
 *     What the user has expanded, which outlives the elements.
 */

/** How many of the newest steps to show while a run is in progress. */
const newest = 6;
const longestResult = 2000;
/** The arguments that refer to an element, which the title already names. */
const references = new Set(["ref", "from", "to"]);

/** @type {Record<string, import("./run-icons.js").RunIcon>} */
const marks = {
    open: "clock", running: null, done: "done", failed: "failed", waiting: "pause", unfinished: "dot",
    declined: "dot", retried: "dot",
};

/** @returns {StepsLook} */
export function newLook(isOpen) {
    return { isOpen, showsAll: !isOpen, openSteps: new Set() };
}

export class StepsView {
    #look;
    #pictures;
    #name = element("span", { class: "steps-name" });
    #facts = element("span", { class: "steps-facts" });
    #earlier = element("button", { class: "quiet-button steps-earlier", type: "button" });
    #replay = element("button", { class: "quiet-button steps-replay", type: "button", hidden: true });
    // Not an `ol`: Chromium lays out all lists in the document whenever an item is added to one.
    #list = element("div", { class: "steps-list", role: "list" });
    /** By the step's index. @type {Map<number, StepRow>} */
    #rows = new Map();
    #isLive = false;
    /** The steps that may have a picture. @type {Step[]} */
    #pictured = [];
    #hasAskedForPicture = false;

    /**
     * @param {StepsLook} look
     * @param {import("./pictures.js").Pictures} pictures
     */
    constructor(look, pictures) {
        this.#look = look;
        this.#pictures = pictures;
        this.element = element(
            "details", { class: "steps", open: look.isOpen },
            element("summary", { class: "steps-summary" }, runIcon("chevron"), this.#name, this.#facts),
            this.#replay, this.#earlier, this.#list);
        this.element.addEventListener("toggle", () => {
            look.isOpen = this.element.open;
            void this.#offerReplay();
        });
        this.#replay.addEventListener("click", async () => {
            const { showReplay } = await import("./on-demand.js");
            showReplay(
                this.#pictured.map((step) => ({ id: step.id, title: stepTitle(step, t), address: step.address })),
                (id) => pictures.picture(id));
        });
        this.#earlier.addEventListener("click", () => {
            look.showsAll = true;
            this.#showRows();
            this.#list.querySelector("summary")?.focus();
        });
    }

    /**
     * @param {Step[]} steps
     * @param {boolean} isLive Whether the run is in progress.
     */
    update(steps, isLive) {
        this.#isLive = isLive;
        steps.forEach((step, index) => {
            /** @type {Step} */
            const shown = step.status === "failed" && isRetried(steps, index) ? { ...step, status: "retried" } : step;
            const known = this.#rows.get(index);
            if (known?.id === step.id) {
                known.update(shown);
                return;
            }
            known?.element.remove();
            this.#rows.set(index, new StepRow(shown, this.#look, this.#pictures));
        });
        for (const [index, row] of this.#rows) {
            if (index < steps.length) continue;
            row.element.remove();
            this.#rows.delete(index);
        }
        this.#pictured = steps.filter(isPictured);
        this.#replay.textContent = t("run.replay");
        this.#replay.hidden ||= isLive || this.#pictured.length < 2;
        void this.#offerReplay();
        this.#summarize(steps);
        this.#showRows();
    }

    /** Offers the replay of a finished run once its steps are shown, if pictures are kept at all. */
    async #offerReplay() {
        const [first] = this.#pictured;
        if (this.#isLive || !this.element.open || this.#hasAskedForPicture) return;
        if (!first || this.#pictured.length < 2) return;
        this.#hasAskedForPicture = true;
        this.#replay.hidden = await this.#pictures.picture(first.id) === null;
    }

    #summarize(steps) {
        this.#name.textContent = t("run.steps", { count: steps.length });
        const failures = steps.filter((step, index) => step.status === "failed" && !isRetried(steps, index)).length;
        const time = steps.reduce((sum, step) => sum + (step.milliseconds ?? 0), 0);
        const facts = [
            failures ? t("run.steps.failed", { count: failures }) : null,
            time >= 1000 && !this.#isLive ? duration(time) : null,
        ];
        this.#facts.textContent = facts.filter(Boolean).join(" · ");
    }

    #showRows() {
        const hidden = this.#look.showsAll ? 0 : Math.max(this.#rows.size - newest, 0);
        let index = 0;
        let place = this.#list.firstElementChild;
        // Remove rows instead of hiding them: hiding makes Chromium lay out much more.
        for (const { element: row } of this.#rows.values()) {
            if (row === place) place = place.nextElementSibling;
            const isThere = row.parentElement === this.#list && row.nextElementSibling === place;
            if (index < hidden) row.remove();
            else if (!isThere) this.#list.insertBefore(row, place);
            index += 1;
        }
        this.#earlier.hidden = hidden === 0;
        this.#earlier.textContent = t("run.steps.earlier", { count: hidden });
    }
}

/** One step: a line that expands to the step's picture and details. */
class StepRow {
    #step;
    #pictures;
    #mark = element("span");
    #title = element("span", { class: "step-title" });
    #facts = element("span", { class: "step-facts" });
    #details;

    /**
     * @param {Step} step
     * @param {StepsLook} look
     * @param {import("./pictures.js").Pictures} pictures
     */
    constructor(step, look, pictures) {
        this.#step = step;
        this.#pictures = pictures;
        this.#details = element(
            "details", { class: "step", data: { step: step.id }, open: look.openSteps.has(step.id) },
            element("summary", {}, this.#mark, toolIcon(step.name), this.#title, this.#facts));
        this.element = element("div", { role: "listitem" }, this.#details);
        this.#details.addEventListener("toggle", () => {
            if (this.#details.open) look.openSteps.add(step.id);
            else look.openSteps.delete(step.id);
            if (this.#details.childElementCount === 1) this.#showBody();
        });
        this.#showSummary();
        this.#showBody();
    }

    get id() {
        return this.#step.id;
    }

    /** Shows what has become of the step, in the same elements: a press or an expansion under way isn't lost. */
    update(/** @type {Step} */ step) {
        if (isSame(this.#step, step)) return;
        this.#step = step;
        this.#showSummary();
        /** @type {HTMLDetailsElement | null} */
        const technical = this.#details.querySelector(".step-technical");
        if (this.#details.childElementCount > 1) this.#details.lastElementChild?.remove();
        this.#showBody(technical?.open);
    }

    #showSummary() {
        const step = this.#step;
        const status = marks[step.status] === undefined ? "done" : step.status;
        this.#mark.className = `step-mark ${status}`;
        this.#mark.replaceChildren(
            status === "running" ? element("span", { class: "spinner" }) : runIcon(marks[status]),
            element("span", { class: "visually-hidden" }, t(`run.status.${status}`)));
        this.#title.textContent = stepTitle(step, t);
        this.#facts.replaceChildren(
            ["failed", "waiting", "unfinished", "declined", "retried"].includes(status)
                ? element("span", { class: `step-status ${status}` }, t(`run.status.${status}`)) : "",
            step.repeated
                ? element(
                    "span", { class: "step-repeated", title: t("run.step.byRecipe") }, runIcon("reload"),
                    element("span", { class: "visually-hidden" }, t("run.step.byRecipe")))
                : "",
            step.milliseconds >= 100 ? duration(step.milliseconds) : "");
    }

    /** Creates the details once the user has expanded them. @param {boolean} [showsTechnical] */
    #showBody(showsTechnical = false) {
        if (!this.#details.open) return;
        const step = this.#step;
        const body = element("div", { class: "step-body" });
        this.#details.append(body);
        if (isPictured(step)) {
            body.append(this.#pictures.thumbnail(step.id, stepTitle(step, t)));
        }
        const inputs = inputsOf(step);
        const result = resultWords(step.result ?? "");
        if (!inputs.length && !result) {
            body.append(element("p", { class: "muted" }, t("run.step.nothing")));
            return;
        }
        body.append(element(
            "details", { class: "step-technical", open: showsTechnical }, element("summary", {}, t("run.step.technical")),
            inputs.length ? element("dl", { class: "step-inputs" }, ...inputs.flatMap(([name, value]) => [
                element("dt", {}, name), element("dd", {}, value),
            ])) : null,
            result ? element("pre", { class: "step-result", tabindex: 0 }, result) : null));
    }
}

/** Whether a step has left a picture, where pictures are kept. @param {Step} step */
function isPictured({ name, status }) {
    return worksInBrowser(name) && ["done", "failed", "declined", "retried"].includes(status);
}

/** Whether a later step has done the same, so that the failure doesn't matter any more. @param {Step[]} steps */
function isRetried(steps, index) {
    const { name, input } = steps[index];
    return steps.slice(index + 1).some((step) => step.name === name && step.input === input && step.status === "done");
}

/** Whether two steps look the same. @param {Step} one @param {Step} other */
function isSame(one, other) {
    if (one === other) return true;
    return ["id", "name", "title", "input", "elements", "result", "status", "milliseconds", "repeated"].every((key) => one[key] === other[key]);
}

/** The step's arguments, except those in its title. */
function inputsOf(step) {
    if (!step.input) return [];
    let inputs;
    try {
        inputs = JSON.parse(step.input);
    } catch {
        // The arguments are incomplete.
        return [];
    }
    return Object.entries(inputs ?? {}).filter(([name, value]) => !references.has(name) && value !== null)
        .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}

/** Removes the markers around page text, which are meant for the model. */
function resultWords(result) {
    const lines = result.split("\n").filter((line) => !/^<\/?page /.test(line));
    const text = lines.join("\n").trim();
    return text.length > longestResult ? `${text.slice(0, longestResult)} …` : text;
}

/** @param {number} milliseconds */
export function duration(milliseconds) {
    const seconds = milliseconds / 1000;
    if (seconds < 10) return t("run.seconds", { seconds: formatNumber(Math.round(seconds * 10) / 10) });
    if (seconds < 60) return t("run.seconds", { seconds: Math.round(seconds) });
    return t("run.minutes", { minutes: Math.floor(seconds / 60), seconds: Math.round(seconds % 60) });
}
