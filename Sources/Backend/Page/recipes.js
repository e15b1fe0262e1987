/**
 * The user's recipes: tasks that are repeated without a model.
 *
 * @typedef {{name: string, values: Record<string, string>}} RecipeCall
 * @typedef {{name: string, type: string, ask?: string, options?: string[]}} Parameter
 * @typedef {{name: string, when: string[], sites: string[], parameters: Parameter[], state: string, last_run_at?: string,
 *     last_run_went_well?: boolean, suggestion?: string, pictures?: {before?: StepPicture, after?: StepPicture}}} Recipe
 * @typedef {{session_id: string, tool_call_id: string}} StepPicture
 * @typedef {{recipes: Recipe[], recipe?: string}} Recipes
 * @typedef {(text: string, call: RecipeCall) => void} Say Sends a message for which a recipe was chosen.
 */

import { SchemaForm } from "./card-form.js";
import { confirmDanger, showDialog } from "./dialogs.js";
import { element, freshID } from "./elements.js";
import { explain } from "./errors.js";
import { formatMoment, t } from "./i18n.js";
import { Pictures } from "./pictures.js";

/** @param {import("./api.js").Api} api @param {Say} say */
export async function showRecipes(api, say) {
    const view = new RecipesView(api, say);
    void view.load();
    await showDialog({
        title: t("recipes.title"), content: [element("p", {}, t("recipes.about")), view.element],
        buttons: [element("button", { class: "button", autofocus: true }, t("close"))],
    });
    view.close();
}

/**
 * Asks for the values of a recipe, and repeats it.
 * @param {import("./api.js").Api} api @param {RecipeCall} call The values to begin with. @param {Say} say
 */
export async function repeatRecipe(api, call, say) {
    const { recipes } = await api.recipes().catch(() => ({ recipes: /** @type {Recipe[]} */ ([]) }));
    const recipe = recipes.find(({ name }) => name === call.name);
    if (recipe) await askForValues(recipe, call.values, say);
}

/** @param {Recipe} recipe @param {Record<string, string>} values @param {Say} say */
async function askForValues(recipe, values, say) {
    /** @type {Record<string, string>} */
    const none = {};
    if (!recipe.parameters.length) return say(recipe.when[0] ?? recipe.name, { name: recipe.name, values: none });
    const form = new SchemaForm(/** @type {any} */ ({
        properties: Object.fromEntries(recipe.parameters.map(({ name, ask, options }) => [
            name, { type: "string", title: ask ?? name.replaceAll("_", " "), enum: options, default: values[name] },
        ])),
        required: recipe.parameters.map(({ name }) => name),
    }));
    /** @type {Record<string, string> | null} */
    let given = null;
    const submit = element("button", { class: "button primary", value: "go" }, t("recipes.repeat"));
    submit.addEventListener("click", (event) => {
        given = /** @type {Record<string, string> | null} */ (form.read());
        if (!given) event.preventDefault();
    });
    const answer = await showDialog({
        title: recipe.name, content: [form.element],
        buttons: [element("button", { class: "button", value: "" }, t("cancel")), submit],
    });
    if (answer === "go" && given) say(sentence(recipe, given), { name: recipe.name, values: given });
}

/** What somebody says who wants this. @param {Recipe} recipe @param {Record<string, string>} values */
function sentence({ when, name, parameters }, values) {
    const whole = when.find((line) => parameters.every((parameter) => line.includes(`{${parameter.name}}`)));
    // In one pass: a value isn't read as a text with parameters.
    const filled = (/** @type {string} */ line) => line.replace(/\{([\w-]+)\}/g, (whole, key) => values[key] ?? whole);
    if (whole) return filled(whole);
    return `${filled(when[0] ?? name)} ${parameters.map((each) => `${each.name} = ${values[each.name]}`).join(", ")}`;
}

/**
 * Saves the newest task of a chat.
 * @param {import("./api.js").Api} api @param {string} chat @param {import("./toasts.js").Toasts} toasts
 */
export async function saveRecipe(api, chat, toasts) {
    const name = element("input", {
        class: "input", id: freshID("recipe"), type: "text", required: true, maxlength: 60, pattern: "[A-Za-z0-9_\\-]+",
        autofocus: true, autocomplete: "off",
    });
    const problem = element("p", { class: "field-problem", role: "alert" });
    const save = element("button", { class: "button primary", value: "save" }, t("recipes.save"));
    save.addEventListener("click", (event) => {
        event.preventDefault();
        if (name instanceof HTMLInputElement && !name.reportValidity()) return;
        problem.textContent = "";
        void api.recordRecipe(chat, name.value).then(() => {
            name.closest("dialog")?.close();
            toasts.info(t("recipes.saved", { name: name.value }));
        }, (error) => { problem.textContent = explain(error); });
    });
    await showDialog({
        title: t("recipes.saveTitle"),
        content: [
            element("p", {}, t("recipes.saveAbout")),
            element("div", { class: "field" }, element("label", { for: name.id }, t("recipes.name")), name, problem),
        ],
        buttons: [element("button", { class: "button", value: "" }, t("cancel")), save],
    });
}

class RecipesView {
    #api;
    #say;
    #list = element("ul", { class: "kept" });
    #problem = element("p", { class: "field-problem", role: "alert" });
    #pictures;

    /** @param {import("./api.js").Api} api @param {Say} say */
    constructor(api, say) {
        this.#api = api;
        this.#say = say;
        this.#pictures = new Pictures(async (id) => {
            const [chat, call] = id.split(" ");
            const picture = await api.picture(chat, call);
            return picture && URL.createObjectURL(picture);
        });
        this.element = element("div", { class: "kept-box" }, this.#list, this.#problem);
    }

    load() {
        return this.#change(() => this.#api.recipes());
    }

    close() {
        this.#pictures.clear();
    }

    /** @param {() => Promise<Recipes>} change @returns {Promise<boolean>} Whether it has succeeded. */
    async #change(change) {
        this.#problem.textContent = "";
        try {
            const { recipes } = await change();
            this.#list.replaceChildren(...recipes.map((recipe) => this.#row(recipe)));
            if (!recipes.length) this.#list.append(element("li", { class: "muted" }, t("recipes.none")));
            return true;
        } catch (error) {
            this.#problem.textContent = explain(error);
            return false;
        }
    }

    /** @param {Recipe} recipe */
    #row(recipe) {
        const { name, state, suggestion } = recipe;
        const facts = [recipe.sites.join(", "), t(`recipes.state.${state}`), lastRun(recipe)].filter(Boolean);
        const own = state === "shared" ? [] : [
            this.#button("recipes.edit", name, () => this.#edit(recipe)),
            this.#button("recipes.delete", name, () => this.#delete(name)),
        ];
        const hint = suggestion ? [
            element("p", {}, t("recipes.suggestion", { what: suggestion })),
            this.#compared(recipe),
            element("button", {
                class: "quiet-button", type: "button", onClick: () => void this.#change(() => this.#api.changeRecipe(name, "promote")),
            }, t("recipes.promote")),
        ] : [];
        return element(
            "li", {},
            element(
                "div", {}, element("strong", {}, element("bdi", {}, name)), element("div", {}, recipe.when[0] ?? ""),
                element("div", { class: "muted" }, facts.join(" · ")), ...hint),
            element("div", { class: "row-buttons" }, this.#button("recipes.repeat", name, () => this.#repeat(recipe)), ...own));
    }

    /** The pictures of the page as it was, and as it was for the agent. @param {Recipe} recipe */
    #compared(recipe) {
        const { before, after } = recipe.pictures ?? {};
        /** @type {[string, StepPicture | undefined][]} */
        const both = [["recipes.before", before], ["recipes.after", after]];
        return element("div", { class: "compared" }, ...both.flatMap(([key, picture]) => picture ? [element(
            "figure", {}, this.#pictures.thumbnail(`${picture.session_id} ${picture.tool_call_id}`, t(key), t(key)),
            element("figcaption", { class: "muted" }, t(key)))] : []));
    }

    /** @param {string} key @param {string} name @param {() => void} onClick */
    #button(key, name, onClick) {
        return element(
            "button", { class: "button", type: "button", "aria-label": t(`${key}What`, { name }), onClick }, t(key));
    }

    /** @param {Recipe} recipe */
    #repeat(recipe) {
        void askForValues(recipe, {}, (text, call) => {
            this.element.closest("dialog")?.close();
            this.#say(text, call);
        });
    }

    /** @param {string} name */
    async #delete(name) {
        const question = {
            title: t("recipes.deleteTitle"), text: t("recipes.deleteText", { name }), action: t("recipes.delete"),
        };
        if (await confirmDanger(question)) await this.#change(() => this.#api.removeRecipe(name));
    }

    /** @param {Recipe} recipe */
    async #edit({ name }) {
        const text = element("textarea", {
            class: "input recipe-text", id: freshID("recipe"), rows: 18, spellcheck: "false", autofocus: true,
        });
        const problem = element("p", { class: "field-problem", role: "alert" });
        const attempt = (/** @type {() => Promise<Recipes>} */ change) => change().then(({ recipe }) => {
            text.value = recipe ?? text.value;
            problem.textContent = "";
            return true;
        }, (error) => {
            problem.textContent = explain(error);
            return false;
        });
        const save = element("button", { class: "button primary", value: "save" }, t("recipes.save"));
        save.addEventListener("click", (event) => {
            event.preventDefault();
            void attempt(() => this.#api.putRecipe(name, text.value)).then((isSaved) => isSaved && text.closest("dialog")?.close());
        });
        const back = element("button", {
            class: "quiet-button", type: "button",
            onClick: () => void attempt(() => this.#api.changeRecipe(name, "rollback")),
        }, t("recipes.back"));
        void attempt(() => this.#api.recipe(name));
        await showDialog({
            title: name,
            content: [
                element("div", { class: "field" }, element("label", { for: text.id }, t("recipes.text")), text, problem), back,
            ],
            buttons: [element("button", { class: "button", value: "" }, t("cancel")), save],
        });
        await this.load();
    }
}

/** @param {Recipe} recipe */
function lastRun({ last_run_at: time, last_run_went_well: wentWell }) {
    return time ? t(wentWell ? "recipes.went" : "recipes.stopped", { time: formatMoment(time) }) : "";
}
