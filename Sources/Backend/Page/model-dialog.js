/**
 * The dialog in which the user of this machine connects a model: one that was found here, or another one with its key.
 * It is tried with a real call before it answers.
 *
 * @typedef {{setting: string, remarks: string[], calls_tools?: boolean}} FoundModel
 * @typedef {{name: string, models: FoundModel[], problem?: string}} ModelSource
 */

import { showDialog } from "./dialogs.js";
import { element, freshID } from "./elements.js";
import { explain } from "./errors.js";
import { formatNumber, t } from "./i18n.js";

/** Longer lists are searched by typing. */
const mostShown = 30;
const other = "other";
/** @type {FoundModel} */
const practice = { setting: "offline", remarks: [] };

/**
 * @param {import("./api.js").Api} api
 * @param {(model: string) => void} onChosen Called with the name of the model that answers from now on.
 */
export async function showModels(api, onChosen) {
    const view = new ModelView(api, onChosen);
    void view.load();
    await showDialog({
        title: t("models.title"), content: [element("p", {}, t("models.about")), view.element],
        buttons: [element("button", { class: "button", autofocus: true }, t("close"))],
    });
}

class ModelView {
    #api;
    #onChosen;
    #found = element(
        "div", { class: "models-found", "aria-busy": "true" }, element("p", { class: "muted" }, t("models.looking")));
    #state = element("p", { role: "status" });
    #use = element(
        "button", { class: "button primary", type: "button", onClick: () => void this.#try() }, t("models.use"));
    #name = input("text", "models.name.hint");
    #key = input("password");
    #url = input("text", "models.url.hint");
    #more;
    #provider = element(
        "select", { class: "input", id: freshID("models") },
        ...["anthropic", "openai", other].map((value) => element("option", { value }, t(`models.provider.${value}`))));

    /** @param {import("./api.js").Api} api @param {(model: string) => void} onChosen */
    constructor(api, onChosen) {
        this.#api = api;
        this.#onChosen = onChosen;
        const address = field("models.url", this.#url);
        const tell = () => { address.hidden = this.#provider.value !== other; };
        this.#provider.addEventListener("change", tell);
        tell();
        this.#more = element(
            "details", { class: "kept-add" }, element("summary", {}, t("models.more")),
            field("models.provider", this.#provider), address, field("models.name", this.#name),
            field("models.key", this.#key));
        this.#more.addEventListener("toggle", () => this.#chooseOther());
        this.element = element(
            "div", { class: "kept-box" }, this.#found, this.#more,
            element("div", { class: "models-try" }, this.#use, this.#state));
        // Enter would submit the dialog's form, which closes it.
        this.element.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
            event.preventDefault();
            if (!event.isComposing) void this.#try();
        });
    }

    /** Chooses the other model, if that is what the user has opened. */
    #chooseOther() {
        const chosen = this.#chosen;
        if (this.#more.open && chosen) chosen.checked = false;
    }

    async load() {
        try {
            const { model, sources } = await this.#api.models();
            this.#found.replaceChildren(
                element("p", {}, t("models.now", { model: model === "offline" ? t("models.practice") : model })),
                ...sources.map((source) => this.#source(source, model)),
                element("fieldset", {}, element("legend", {}, t("models.practice.title")), this.#model(practice, model)));
            // The user may have been quicker than the list.
            this.#chooseOther();
        } catch (error) {
            this.#found.replaceChildren(element("p", { class: "field-problem" }, explain(error)));
        }
        this.#found.removeAttribute("aria-busy");
    }

    /** @param {ModelSource} source @param {string} now */
    #source({ name, models, problem }, now) {
        const shown = models.slice(0, mostShown).map((model) => this.#model(model, now));
        const left = models.length - shown.length;
        let note = left ? t("models.andMore", { count: left }) : "";
        if (!models.length) note = t(problem ? `models.problem.${problem}` : "models.none");
        return element(
            "fieldset", {}, element("legend", {}, name), ...shown,
            note ? element("p", { class: "muted" }, note) : null);
    }

    /** @param {FoundModel} model @param {string} now */
    #model({ setting, remarks, calls_tools: calls }, now) {
        const facts = calls === false ? [...remarks, t("models.noTools")] : remarks;
        return element(
            "label", { class: "radio" },
            element("input", {
                type: "radio", name: "model", value: setting, disabled: calls === false, checked: setting === now,
            }),
            element(
                "span", {}, setting === practice.setting ? t("models.practice.choice") : setting,
                facts.length ? element("span", { class: "muted" }, ` (${facts.join(", ")})`) : null));
    }

    get #chosen() {
        return /** @type {HTMLInputElement | null} */ (this.#found.querySelector("input:checked"));
    }

    #choice() {
        const chosen = this.#chosen;
        if (chosen) return { setting: chosen.value };
        const name = this.#name.value.trim();
        const provider = this.#provider.value;
        if (!name) return null;
        return provider === other
            ? { setting: name, url: this.#url.value.trim(), key: this.#key.value.trim() }
            : { setting: `${provider}/${name}`, key: this.#key.value.trim() };
    }

    async #try() {
        const choice = this.#choice();
        this.#state.className = "field-problem";
        if (!choice) {
            this.#state.textContent = t("models.chooseOne");
            return;
        }
        this.#state.className = "muted";
        this.#state.textContent = t("models.trying");
        this.#use.disabled = true;
        try {
            const chosen = await this.#api.useModel(choice);
            const facts = chosen.model === practice.setting ? [t("models.practice.on")] : [
                t("models.works", { model: chosen.model }), chosen.sees_images ? t("models.sees") : t("models.seesNot"),
                chosen.context_tokens ? t("models.context", { count: formatNumber(chosen.context_tokens) }) : "",
            ];
            this.#state.textContent = facts.filter(Boolean).join(" ");
            this.#key.value = "";
            this.#onChosen(chosen.model);
        } catch (error) {
            this.#state.className = "field-problem";
            this.#state.textContent = explain(error);
        }
        this.#use.disabled = false;
    }
}

/** @param {string} type @param {string} [hint] */
function input(type, hint) {
    return element("input", {
        class: "input", id: freshID("models"), type, autocomplete: "off", spellcheck: "false",
        placeholder: hint ? t(hint) : null,
    });
}

/** @param {string} key @param {HTMLElement} control */
function field(key, control) {
    return element("div", { class: "field" }, element("label", { for: control.id }, t(key)), control);
}
