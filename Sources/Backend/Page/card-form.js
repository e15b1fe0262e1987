import { element, freshID } from "./elements.js";
import { formatNumber, t } from "./i18n.js";

/**
 * The form for an answer, generated from the question's JSON Schema: an object whose properties are strings,
 * enumerations, numbers, or Booleans.
 */

/**
 * A single property with up to `mostButtons` choices shows as buttons; otherwise up to `mostRadios` show as radio
 * buttons, and more as a list.
 */
const mostButtons = 6;
const mostRadios = 12;
/** The property of an answer that is none of the choices. */
export const other = "other";
/** The property that says whether secrets are kept for the next tasks. */
const keepSecrets = "keep_secrets";
/** The runtime's limit for a string, in characters. */
const longestText = 20_000;
/** The placeholder for a secret. */
export const secretWords = "••••";

/** @typedef {{type?: string, title?: string, description?: string, format?: string, enum?: any[], writeOnly?: boolean,
 *     default?: any, minLength?: number, maxLength?: number, pattern?: string, minimum?: number, maximum?: number}}
 *     Property */

/** Whether the value is secret. @param {Property} property */
export function isSecret(property) {
    return property?.writeOnly === true || property?.format === "password" || property?.["x-sensitive"] === true;
}

/**
 * The choices if a single enumeration is all that is asked, and whether another answer may be given.
 * @returns {{name: string, choices: any[], hasOther: boolean} | null}
 */
export function onlyChoice(schema) {
    const { [other]: free, ...properties } = schema?.properties ?? {};
    const entries = Object.entries(properties);
    if (entries.length !== 1) return null;
    const [name, property] = entries[0];
    const choices = property.enum ?? [];
    return choices.length && choices.length <= mostButtons ? { name, choices, hasOther: free !== undefined } : null;
}

export class SchemaForm {
    /** Whether one property is to be given, whichever. */
    #isOneOf;
    /** @type {{name: string, property: Property, isRequired: boolean, field: Field}[]} */
    #entries;

    /** @param {{properties?: Record<string, Property>, required?: string[], maxProperties?: number} | undefined} schema */
    constructor(schema) {
        const required = new Set(schema?.required ?? []);
        this.#isOneOf = schema?.maxProperties === 1;
        const properties = Object.entries(schema?.properties ?? {});
        this.#entries = properties.map(([name, property]) => {
            const isRequired = required.has(name);
            // Mark optional fields only if there are several fields; a single one needs no mark.
            const isMarked = !isRequired && properties.length > 1 && !this.#isOneOf;
            return { name, property, isRequired, field: new Field(name, property, isRequired, isMarked) };
        });
        this.element = element("div", { class: "card-fields" }, ...this.#entries.map(({ field }) => field.element));
    }

    get hasSecret() {
        return this.#entries.some(({ property }) => isSecret(property));
    }

    /** The entered values, or `null` after showing what's invalid. */
    read() {
        const payload = {};
        let wrong = null;
        for (const { name, isRequired, field } of this.#entries) {
            const { value, problem } = field.read(isRequired);
            field.complain(problem);
            if (problem) wrong ??= field;
            else if (value !== undefined) payload[name] = value;
        }
        if (!wrong && this.#isOneOf && Object.keys(payload).length !== 1) {
            wrong = this.#entries[0].field;
            wrong.complain(t("card.problem.both"));
        }
        wrong?.focus();
        return wrong ? null : payload;
    }

    /** Clears secrets as soon as they're no longer needed. */
    forgetSecrets() {
        for (const { property, field } of this.#entries) if (isSecret(property)) field.empty();
    }
}

/**
 * The text of an answer, without secrets.
 * @param {{properties?: Record<string, Property>} | undefined} schema
 * @param {Record<string, any>} payload
 */
export function payloadWords(schema, payload) {
    const properties = Object.entries(schema?.properties ?? {});
    return properties.filter(([name]) => payload[name] !== undefined).map(([name, property]) => {
        const value = isSecret(property) ? secretWords : valueWords(payload[name]);
        // The answer itself needs no label.
        return properties.length === 1 || name === "answer" || name === other ? value : `${labelOf(name, property)}: ${value}`;
    }).join("; ");
}

/** @param {any} value */
export function valueWords(value) {
    if (typeof value === "boolean") return t(value ? "card.yes" : "card.no");
    return typeof value === "number" ? formatNumber(value) : String(value);
}

/** Whether not answering means no. @param {Property} property @param {boolean} isRequired */
function isYesOnly(property, isRequired) {
    return property.type === "boolean" && property.default === false && !isRequired;
}

/** The label of a property. */
function labelOf(name, property) {
    if (name === keepSecrets) return t("card.keepSecrets");
    if (property.title) return property.title;
    if (name === "answer") return t("card.answer");
    if (name === other) return t("card.otherAnswer");
    if (name === "comment") return t("card.comment");
    const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/_/g, " ");
    return words.charAt(0).toUpperCase() + words.slice(1);
}

/** One field with its label, hint, and error message. */
class Field {
    #property;
    #input;
    #problem;
    #hintID = freshID("hint");

    constructor(name, property, isRequired, isMarked) {
        this.#property = property;
        const id = freshID("field");
        this.#problem = element("p", { class: "field-problem", id: freshID("problem"), hidden: true });
        const hint = property.description
            ? element("p", { class: "field-hint", id: this.#hintID }, property.description) : null;
        this.#input = control(name, property, id, isRequired);
        const describedBy = `${hint ? `${this.#hintID} ` : ""}${this.#problem.id}`;
        const mark = isMarked ? element("span", { class: "muted" }, ` (${t("card.optional")})`) : null;
        const label = [labelOf(name, property), mark];
        if (this.#input.matches("[type=checkbox]")) {
            this.element = element("div", {}, element("label", { class: "card-check" }, this.#input, " ", labelOf(name, property)));
        } else if (this.#input.matches("[role=radiogroup]")) {
            const labelID = freshID("label");
            this.#input.setAttribute("aria-labelledby", labelID);
            this.element = element("div", { class: "field" }, element("p", { id: labelID, class: "label" }, ...label));
        } else {
            this.element = element("div", { class: "field" }, element("label", { for: id }, ...label));
        }
        this.#input.setAttribute("aria-describedby", describedBy);
        const shown = isSecret(property) ? withShow(this.#input) : this.#input;
        this.element.append(...[hint, shown, this.#problem].filter(Boolean));
    }

    /** @param {boolean} isRequired */
    read(isRequired) {
        const { type, pattern, minLength, minimum, maximum } = this.#property;
        const maxLength = this.#property.maxLength ?? longestText;
        const value = this.#value();
        if (value === undefined || value === "") {
            return isRequired ? { problem: t("card.problem.missing") } : { value: undefined };
        }
        if (type === "number" || type === "integer") {
            const number = Number(String(value).replace(/[\s,](?=\d{3}\b)/g, ""));
            if (!Number.isFinite(number) || (type === "integer" && !Number.isInteger(number))) {
                return { problem: t(type === "integer" ? "card.problem.integer" : "card.problem.number") };
            }
            if (number < minimum) return { problem: t("card.problem.minimum", { limit: minimum }) };
            if (number > maximum) return { problem: t("card.problem.maximum", { limit: maximum }) };
            return { value: number };
        }
        if (typeof value !== "string" || this.#property.enum) return { value };
        if (value.length > maxLength) return { problem: t("card.problem.long", { limit: maxLength }) };
        if (value.length < minLength) return { problem: t("card.problem.short", { limit: minLength }) };
        if (pattern && !fits(value, pattern)) return { problem: t("card.problem.form") };
        if (this.#input.validity?.typeMismatch) return { problem: t("card.problem.form") };
        return { value };
    }

    #value() {
        const input = this.#input;
        if (input.matches("[type=checkbox]")) return input.checked || undefined;
        if (input.matches("[role=radiogroup]")) {
            const chosen = input.querySelector("input:checked");
            return chosen ? JSON.parse(chosen.value) : undefined;
        }
        if (input.tagName === "SELECT") return input.value === "" ? undefined : JSON.parse(input.value);
        // Keep leading and trailing spaces in secrets only.
        return isSecret(this.#property) ? input.value : input.value.trim();
    }

    /** @param {string | undefined} problem */
    complain(problem) {
        this.#problem.hidden = !problem;
        this.#problem.textContent = problem ?? "";
        if (problem) this.#input.setAttribute("aria-invalid", "true");
        else this.#input.removeAttribute("aria-invalid");
    }

    focus() {
        const first = this.#input.matches("[role=radiogroup]") ? this.#input.querySelector("input") : this.#input;
        first.focus();
    }

    empty() {
        this.#input.value = "";
    }
}

function fits(value, pattern) {
    try {
        return new RegExp(pattern, "u").test(value);
    } catch {
        return true;
    }
}

/** @param {Property} property */
function control(name, property, id, isRequired) {
    if (isYesOnly(property, isRequired)) return element("input", { type: "checkbox", id });
    const choices = property.enum ?? (property.type === "boolean" ? [true, false] : null);
    const value = property.default;
    if (choices && choices.length <= mostRadios) {
        const group = freshID("choice");
        return element(
            "div", { class: "radios", role: "radiogroup", "aria-required": isRequired ? "true" : null },
            ...choices.map((choice) => element(
                "label", { class: "radio" },
                element("input", {
                    type: "radio", name: group, value: JSON.stringify(choice), checked: choice === value,
                }), element("span", {}, valueWords(choice)))));
    }
    const shared = { id, required: isRequired, class: "input" };
    if (choices) {
        return element(
            "select", shared, element("option", { value: "" }, t("card.choose")),
            ...choices.map((choice) => element(
                "option", { value: JSON.stringify(choice), selected: choice === value }, valueWords(choice))));
    }
    if (isSecret(property)) {
        return element("input", { ...shared, type: "password", autocomplete: "off", spellcheck: "false" });
    }
    const types = { email: "email", uri: "url", date: "date", time: "time", "date-time": "datetime-local" };
    if (property.type === "number" || property.type === "integer") {
        return element("input", { ...shared, type: "text", inputmode: "decimal", autocomplete: "off", value });
    }
    if (types[property.format]) return element("input", { ...shared, type: types[property.format], value });
    if (name === "answer" || property.maxLength > 200) {
        const area = element("textarea", { ...shared, rows: 2 });
        area.value = value ?? "";
        area.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            area.form?.requestSubmit();
        });
        return area;
    }
    return element("input", { ...shared, type: "text", autocomplete: "off", value });
}

/** Adds a button to a secret field that shows its value. */
function withShow(input) {
    const button = element(
        "button", { class: "quiet-button", type: "button", "aria-pressed": "false" }, t("card.show"));
    button.addEventListener("click", () => {
        const isShown = input.type === "password";
        input.type = isShown ? "text" : "password";
        button.setAttribute("aria-pressed", String(isShown));
    });
    return element("div", { class: "secret" }, input, button);
}
