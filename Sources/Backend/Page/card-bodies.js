import { approvalWords, handedBackWords } from "./answer-words.js";
import { SchemaForm, onlyChoice, other, payloadWords, valueWords } from "./card-form.js";
import { element, freshID } from "./elements.js";
import { sizeWords } from "./files.js";
import { has, t } from "./i18n.js";
import { runIcon } from "./run-icons.js";
import { webAddress } from "./web-address.js";

/**
 * The body of a card, by the reason for the question: a question, an approval, or a takeover.
 *
 * @typedef {{id: string, reason: string, message: string, responseSchema?: any, expiresAt?: string, metadata?: any}}
 *     Interrupt
 * @typedef {{status: "resolved" | "cancelled", payload?: object}} Answer
 * @typedef {{element: HTMLElement, forget?: () => void, setOwner?: (owner: string) => void}} Body
 * @typedef {{answer: (answer: Answer, words: string) => void, takeControl: () => void}} Acts
 */

const icons = { confirmation: "shield", takeover: "hand", input_required: "question" };
/** The actions that can never be undone. */
const grave = new Set(["pay", "sign", "delete"]);
const money = /(?:RM|MYR|USD|SGD|S\$|US\$|[$€£¥])\s?\d[\d.,]*\d|\b\d[\d.,]*\s?(?:MYR|USD|SGD|EUR|ringgit)\b/i;
const moneyLabel = /\b(?:amount|total|price|jumlah|harga|bayaran)\b/i;

/**
 * The header of a card, which says why the user is asked, or was.
 * @param {Interrupt} interrupt @param {boolean} [isSettled]
 */
export function headOf({ reason }, isSettled = false) {
    const known = icons[reason] ? reason : "input_required";
    return element(
        "header", { class: "card-head" }, runIcon(icons[known]),
        element("h2", { tabindex: -1 }, t(`card.${isSettled ? "settled" : "title"}.${known}`)));
}

/**
 * The card of a question that can no longer be answered, with its answer.
 * @param {Interrupt} interrupt
 * @param {string | null} answer The answer's text.
 * @param {(() => Promise<void>) | null} revoke Revokes a permission that was given for the rest of the task.
 * @param {string} [unanswered] The key of the text for a question without an answer.
 */
export function settledCard(interrupt, answer, revoke = null, unanswered = "card.unanswered") {
    return element(
        "section", { class: "card settled" }, headOf(interrupt, true), message(interrupt, interrupt.metadata?.kind),
        element(
            "p", { class: "card-answer" }, runIcon(answer === null ? "dot" : "person"),
            element("span", {}, answer === null ? t(unanswered) : t("card.yourAnswer", { answer }))),
        revoke && revokeButton(revoke));
}

/** @param {() => Promise<void>} revoke */
function revokeButton(revoke) {
    const made = button("card.revoke", "quiet-button", async () => {
        made.disabled = true;
        try {
            await revoke();
            made.textContent = t("card.revoked");
        } catch {
            made.disabled = false;
        }
    });
    return made;
}

/** @param {Interrupt} interrupt @param {Acts} acts @returns {Body} */
export function bodyOf(interrupt, acts) {
    switch (interrupt.reason) {
        case "confirmation": return approval(interrupt, acts);
        case "takeover": return takeover(interrupt, acts);
        default: return question(interrupt, acts);
    }
}

/** @returns {Body} */
function question(interrupt, acts) {
    const decline = button("card.decline", "button", () => acts.answer({ status: "cancelled" }, t("card.declined")));
    const only = onlyChoice(interrupt.responseSchema);
    if (only) {
        const choices = only.choices.map((choice) => element(
            "button", {
                class: "button", type: "button",
                onClick: () => acts.answer(
                    { status: "resolved", payload: { [only.name]: choice } }, valueWords(choice)),
            }, valueWords(choice)));
        const free = only.hasOther ? otherAnswer((words) =>
            acts.answer({ status: "resolved", payload: { [other]: words } }, words)) : null;
        return {
            element: element(
                "div", {}, message(interrupt), element("div", { class: "card-choices" }, ...choices, free?.button),
                free?.entry, element("div", { class: "card-buttons" }, decline)),
        };
    }
    const form = new SchemaForm(interrupt.responseSchema);
    const origin = interrupt.metadata?.origin;
    const note = form.hasSecret
        ? element(
            "p", { class: "card-note" }, runIcon("lock"),
            element("span", {}, t("card.secret", { site: origin ?? t("card.thePage") }))) : null;
    const send = element("button", { class: "button primary", type: "submit" }, t("card.send"));
    return {
        element: element(
            "form", {
                novalidate: true, autocomplete: "off",
                onSubmit: (event) => {
                    event.preventDefault();
                    const payload = form.read();
                    if (!payload) return;
                    acts.answer({ status: "resolved", payload }, payloadWords(interrupt.responseSchema, payload) || t("card.confirmed"));
                },
            },
            message(interrupt), origin && form.hasSecret ? site(origin) : null, form.element, note,
            element("div", { class: "card-buttons" }, send, decline)),
        forget: () => form.forgetSecrets(),
    };
}

/** A button that opens a field for an answer that is none of the choices. @param {(words: string) => void} answer */
function otherAnswer(answer) {
    const id = freshID("other");
    const field = element("input", { class: "input", id, type: "text", autocomplete: "off", dir: "auto" });
    const send = () => field.value.trim() && answer(field.value.trim());
    field.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && send());
    const entry = element(
        "div", { class: "field", hidden: true }, element("label", { for: id }, t("card.otherAnswer")), field,
        element("div", {}, button("card.send", "button primary", send)));
    const made = button("card.other", "button", () => {
        entry.hidden = false;
        field.focus();
    });
    return { button: made, entry };
}

/** @returns {Body} */
function approval(interrupt, acts) {
    const { kind = "", origin = "", from, role = "", fields = [] } = interrupt.metadata ?? {};
    const name = readable(interrupt.metadata?.name ?? "");
    const properties = interrupt.responseSchema?.properties ?? {};
    const note = properties.comment ? noteField(t("card.reason")) : null;
    const table = new FieldTable(fields.filter((field) => Array.isArray(field) && field.length >= 2));
    // What stands around the control of an action, or of the step that made the page send something.
    const { about: beside, around = "" } = interrupt.metadata ?? {};
    const about = aboutBeside(readable(beside ?? around), name, fields);
    const amount = amountIn(name, fields, about);
    const forTask = properties.for_task ? checkbox(t("card.forTask", { kind: t(`card.kind.${kind}`) })) : null;
    const isGrave = grave.has(kind);

    const approve = button(`card.approve${kind === "pay" ? ".pay" : ""}`, "button primary", () => {
        const edits = table.edits();
        const payload = {
            approved: true, ...note?.read(), ...(Object.keys(edits).length ? { edits } : {}),
            ...(forTask?.isChecked() ? { for_task: true } : {}),
        };
        acts.answer({ status: "resolved", payload }, approvalWords(payload));
    });
    const edit = properties.edits && !table.isEmpty
        ? button("card.edit", "button", () => {
            const isEditing = table.toggle();
            edit.textContent = t(isEditing ? "card.editBack" : "card.edit");
            approve.textContent = t(isEditing ? "card.approveEdited" : `card.approve${kind === "pay" ? ".pay" : ""}`);
        }) : null;
    const reject = button("card.reject", "button", () =>
        acts.answer({ status: "resolved", payload: { approved: false, ...note?.read() } }, t("card.rejected")));

    const roleWords = role === "button" ? "" : has(`run.role.${role}`) ? t(`run.role.${role}`) : role;
    const what = name ? `${roleWords} “${name}”`.trim() : "";
    return {
        element: element(
            "div", {},
            isGrave
                ? element(
                    "p", { class: "card-warning" }, runIcon("warning"),
                    element("span", {}, t(`card.warning.${kind}`))) : null,
            message(interrupt, kind),
            element(
                "dl", { class: "facts" },
                ...fact(t("card.fact.amount"), amount ? amountWords(amount) : ""),
                ...fact(t("card.fact.files"), fileWords(interrupt.metadata?.files)),
                ...fact(t("card.fact.action"), kind ? t(`card.kind.${kind}`) : ""),
                ...fact(t("card.fact.control"), what ? element("bdi", {}, what) : ""),
                ...fact(t("card.fact.about"), about ? element("bdi", {}, shortened(about)) : ""),
                ...fact(t("card.fact.from"), from ? site(from) : ""),
                ...fact(t(from ? "card.fact.to" : "card.fact.site"), origin ? site(origin) : "")),
            table.isEmpty ? null : table.element, edit && element("div", {}, edit), forTask?.element, note?.element,
            element(
                "div", { class: "card-buttons" },
                // However little of the card fits, the buttons say what they are about.
                element(
                    "p", { class: "card-gist" }, amount ? element("strong", {}, element("bdi", {}, amount)) : null,
                    origin ? site(origin) : null),
                approve, reject)),
    };
}

/** @returns {Body} */
function takeover(interrupt, acts) {
    const origin = interrupt.metadata?.origin;
    const { comment, stay_signed_in: offer } = interrupt.responseSchema?.properties ?? {};
    const note = comment ? noteField(t("card.note")) : null;
    const { site: domain, days = 30 } = interrupt.metadata ?? {};
    const stay = offer && domain ? checkbox(t("card.staySignedIn", { site: domain, days })) : null;
    const take = element(
        "button", { class: "button primary", type: "button", onClick: () => acts.takeControl() },
        runIcon("hand"), element("span", {}, t("card.take")));
    const done = button("card.done", "button", () => {
        const payload = { ...note?.read(), ...(stay?.isChecked() ? { stay_signed_in: true } : {}) };
        acts.answer({ status: "resolved", payload }, handedBackWords(payload));
    });
    const decline = button("card.cannot", "button", () => {
        const payload = note?.read() ?? {};
        acts.answer({ status: "cancelled", ...(payload.comment ? { payload } : {}) }, t("card.declined"));
    });
    return {
        element: element(
            "div", {}, message(interrupt), origin ? site(origin) : null,
            element(
                "ol", { class: "card-way" }, element("li", {}, t("card.way.take")),
                element("li", {}, t("card.way.work")), element("li", {}, t("card.way.done"))),
            stay?.element, note?.element, element("div", { class: "card-buttons" }, take, done, decline)),
        setOwner(owner) {
            const isYours = owner === "you";
            take.lastElementChild.textContent = t(isYours ? "card.goToBrowser" : "card.take");
            take.classList.toggle("primary", !isYours);
            done.classList.toggle("primary", isYours);
        },
    };
}

function button(key, kind, onClick) {
    return element("button", { class: kind, type: "button", onClick }, t(key));
}

/** The text around a control, unless it's only what the card shows anyway: the labels of the form and the control. */
function aboutBeside(about, name, fields) {
    const known = [name, ...fields.flat()].flatMap((text) => readable(text ?? "").toLowerCase().split(/\s+/));
    const rest = about.toLowerCase().split(/\s+/).filter((word) => word && !known.includes(word));
    return rest.length ? about : "";
}

/** @param {import("./files.js").StoredFile[] | undefined} files */
function fileWords(files) {
    if (!Array.isArray(files) || !files.length) return "";
    return element("span", {}, ...files.flatMap(({ name, size }, index) => [
        index ? ", " : "", element("bdi", {}, readable(name)), ` (${sizeWords(size)})`,
    ]));
}

/** The agent's message. A trailing action kind is removed, because the facts below state it. */
function message(interrupt, kind) {
    const ending = ` (${kind})`;
    const text = readable(interrupt.message);
    return element(
        "p", { class: "card-message", dir: "auto" }, kind && text.endsWith(ending) ? text.slice(0, -ending.length) : text);
}

function fact(name, value) {
    return value ? [element("dt", {}, name), element("dd", {}, value)] : [];
}

/** Removes bidirectional control characters, with which a page could reorder the displayed text. */
function readable(text) {
    return String(text).replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

/** A site, described by this page: only the address comes from the site. @param {string} origin */
export function site(origin) {
    const url = webAddress(origin);
    // Traffic to this machine doesn't cross a network.
    const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(url?.hostname);
    const isOpen = url?.protocol === "http:" && !isLocal;
    return element(
        "span", { class: "site" }, runIcon(isOpen ? "warning" : isLocal ? "globe" : "lock"),
        element("bdi", {}, url?.host || origin),
        isOpen ? element("span", { class: "site-note" }, t("card.notEncrypted")) : null);
}

/** The amount, labeled as the page's claim: only the page knows what it will charge. */
function amountWords(amount) {
    return element(
        "span", {}, element("strong", { class: "amount" }, amount), " ",
        element("span", { class: "muted" }, t("card.asThePageSays")));
}

/** @param {string} about The text around the control, where the total comes last. */
function amountIn(name, fields, about) {
    const inName = money.exec(name)?.[0];
    if (inName) return inName;
    for (const [label, value] of fields) {
        const found = money.exec(value)?.[0] ?? (moneyLabel.test(label) && /\d/.test(value) ? value : null);
        if (found) return found;
    }
    return about.match(new RegExp(money, "gi"))?.at(-1) ?? "";
}

const mostAbout = 300;

function shortened(text) {
    return text.length > mostAbout ? `${text.slice(0, mostAbout - 1)}…` : text;
}

function checkbox(label) {
    const box = element("input", { type: "checkbox" });
    return {
        element: element("label", { class: "card-check" }, box, " ", label), isChecked: () => box.checked,
    };
}

function noteField(label) {
    const id = freshID("note");
    const area = element("textarea", { class: "input", id, rows: 1, maxlength: 2000 });
    return {
        element: element("div", { class: "field" }, element("label", { for: id }, label), area),
        read: () => (area.value.trim() ? { comment: area.value.trim() } : {}),
    };
}

/** The fields of the form to be submitted, which the user can correct. */
class FieldTable {
    /** @type {{label: string, value: string, input: HTMLInputElement | null, cell: HTMLElement}[]} */
    #rows;

    /** @param {string[][]} fields */
    constructor(fields) {
        this.#rows = fields.map(([label, value]) => {
            const cell = element("td", {}, element("bdi", {}, readable(value) || "–"));
            return { label, value, input: null, cell };
        });
        this.element = element(
            "div", { class: "table-box" },
            element(
                "table", { class: "field-table" }, element("caption", {}, t("card.fields")),
                element(
                    "tbody", {}, ...this.#rows.map(({ label, cell }) => element(
                        "tr", {}, element("th", { scope: "row" }, element("bdi", {}, readable(label))), cell)))));
    }

    get isEmpty() {
        return this.#rows.length === 0;
    }

    /** @returns {boolean} Whether the table is now editable. */
    toggle() {
        const isEditing = this.#rows[0].input === null;
        for (const row of this.#rows) {
            row.input = isEditing ? element("input", { class: "input", type: "text", "aria-label": row.label }) : null;
            if (row.input) row.input.value = row.value;
            row.cell.replaceChildren(row.input ?? element("bdi", {}, readable(row.value) || "–"));
        }
        if (isEditing) this.#rows[0].input.focus();
        return isEditing;
    }

    /** The changed values, by field label. */
    edits() {
        const changed = this.#rows.filter(({ input, value }) => input && input.value !== value);
        return Object.fromEntries(changed.map(({ label, input }) => [label, input.value]));
    }
}
