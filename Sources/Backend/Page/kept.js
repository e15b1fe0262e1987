/**
 * The dialog with what is kept for the user between tasks: the sites where they stay signed in, their secrets, and what
 * the agents remember about them.
 *
 * @typedef {{id: string, kind: "sign_in" | "secret" | "one_time_code", site: string, name?: string, kept_at: string,
 *     last_used_at?: string, expires_at?: string}} KeptItem
 * @typedef {{items: KeptItem[], facts?: {id: string, text: string}[]}} Kept Without facts if there is no memory.
 */

import { confirmDanger, showDialog } from "./dialogs.js";
import { element, freshID } from "./elements.js";
import { explain } from "./errors.js";
import { formatMoment, t } from "./i18n.js";

/** @param {import("./api.js").Api} api */
export async function showKept(api) {
    const view = new KeptView(api);
    void view.load();
    await showDialog({
        title: t("kept.title"), content: [element("p", {}, t("kept.about")), view.element],
        buttons: [element("button", { class: "button", autofocus: true }, t("close"))],
    });
}

class KeptView {
    #api;
    #list = element("ul", { class: "kept" });
    #facts = element("ul", { class: "kept" });
    #remembered = element("section", { hidden: true }, element("h3", {}, t("kept.facts")), this.#facts);
    #problem = element("p", { class: "field-problem", role: "alert" });
    #form;
    #all;

    /** @param {import("./api.js").Api} api */
    constructor(api) {
        this.#api = api;
        this.#form = newSecretForm((secret) => this.#change(() => api.keepSecret(secret)));
        this.#all = element(
            "button", { class: "button danger", type: "button", hidden: true, onClick: () => void this.#forgetAll() },
            t("kept.forgetAll"));
        this.element = element(
            "div", { class: "kept-box" }, this.#list, this.#form.element, this.#remembered, this.#all, this.#problem);
    }

    load() {
        return this.#change(() => this.#api.kept());
    }

    /** @param {() => Promise<Kept>} change @returns {Promise<boolean>} Whether it has succeeded. */
    async #change(change) {
        this.#problem.textContent = "";
        try {
            this.#show(await change());
            return true;
        } catch (error) {
            this.#problem.textContent = explain(error);
            // What can't be read can still be forgotten.
            this.#all.hidden = false;
            return false;
        }
    }

    /** @param {Kept} kept */
    #show({ items, facts = [] }) {
        this.#list.replaceChildren(...items.map((item) => this.#row(item)));
        this.#facts.replaceChildren(...facts.map((fact) => this.#factRow(fact)));
        this.#remembered.hidden = !facts.length;
        this.#all.hidden = items.length + facts.length < 2;
        if (!items.length) this.#list.append(element("li", { class: "muted" }, t("kept.none")));
    }

    async #forgetAll() {
        const question = {
            title: t("kept.forgetAllTitle"), text: t("kept.forgetAllText"), action: t("kept.forgetAll"),
        };
        if (await confirmDanger(question) && await this.#change(() => this.#api.forgetAllKept())) this.#form.focus();
    }

    /** @param {KeptItem} item */
    #row(item) {
        const what = t(`kept.kind.${item.kind}`, { name: item.name ?? "" });
        const facts = [
            item.last_used_at ? t("kept.used", { time: formatMoment(item.last_used_at) }) : t("kept.unused"),
            item.expires_at ? t("kept.until", { time: formatMoment(item.expires_at) }) : null,
        ];
        return element(
            "li", {},
            element(
                "div", {}, element("strong", {}, element("bdi", {}, item.site)), element("div", {}, what),
                element("div", { class: "muted" }, facts.filter(Boolean).join(" · "))),
            element(
                "button", {
                    class: "button", type: "button",
                    "aria-label": t("kept.forgetWhat", { what: `${what}, ${item.site}` }),
                    onClick: () => void this.#forget(item),
                }, t("kept.forget")));
    }

    /** @param {{id: string, text: string}} fact */
    #factRow({ id, text }) {
        return element(
            "li", {}, element("div", { dir: "auto" }, text),
            element(
                "button", {
                    class: "button", type: "button", "aria-label": t("kept.forgetWhat", { what: text }),
                    onClick: async () => {
                        if (await this.#change(() => this.#api.forgetFact(id))) this.#form.focus();
                    },
                }, t("kept.forget")));
    }

    /** @param {KeptItem} item */
    async #forget(item) {
        const text = t(item.kind === "sign_in" ? "kept.forgetSignIn" : "kept.forgetSecret", { site: item.site });
        if (!await confirmDanger({ title: t("kept.forgetTitle"), text, action: t("kept.forget") })) return;
        if (await this.#change(() => this.#api.forgetKept(item.id))) this.#form.focus();
    }
}

/** @param {(secret: {kind: string, name: string, site: string, value: string}) => Promise<boolean>} keep */
function newSecretForm(keep) {
    const kind = element(
        "select", { class: "input", id: freshID("kept") },
        ...["secret", "one_time_code"].map((value) => element("option", { value }, t(`kept.new.${value}`))));
    const input = (type) => element(
        "input", { class: "input", id: freshID("kept"), type, autocomplete: "off", spellcheck: "false" });
    const [site, name, value] = [input("text"), input("text"), input("password")];
    const hint = element("p", { class: "field-hint", id: freshID("hint") });
    value.setAttribute("aria-describedby", hint.id);
    const tell = () => { hint.textContent = t(`kept.hint.${kind.value}`); };
    kind.addEventListener("change", tell);
    tell();
    const save = async () => {
        const isKept = await keep({
            kind: kind.value, name: name.value.trim(), site: site.value.trim(), value: value.value,
        });
        if (!isKept) return;
        for (const field of [site, name, value]) field.value = "";
        site.focus();
    };
    const field = (key, control, ...more) => element(
        "div", { class: "field" }, element("label", { for: control.id }, t(key)), control, ...more);
    const summary = element("summary", {}, t("kept.add"));
    const made = element(
        "details", { class: "kept-add" }, summary,
        field("kept.field.kind", kind), field("kept.field.site", site), field("kept.field.name", name),
        field("kept.field.value", value, hint),
        element(
            "div", {},
            element("button", { class: "button primary", type: "button", onClick: () => void save() }, t("kept.keep"))));
    // Enter would submit the dialog's form, which closes it.
    made.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
        event.preventDefault();
        if (!event.isComposing) void save();
    });
    return { element: made, focus: () => summary.focus() };
}
