/**
 * The profile menu: the user's name, language, appearance, what is kept, keyboard shortcuts, and
 * sign-out.
 *
 * @typedef {{ id: string, name: string, email?: string, mode: string }} Person
 */

import { element } from "./elements.js";
import { language, t } from "./i18n.js";
import { icon } from "./icons.js";
import { canNotify, isNotifying, setNotifying } from "./notices.js";
import { place } from "./popup-menu.js";
import { preferences, setPreference } from "./preferences.js";

export class ProfileMenu {
    #root;
    #person;
    #hooks;
    #button = element("button", {
        class: "profile-button", type: "button", "aria-haspopup": "dialog", "aria-expanded": "false",
        onClick: () => this.#panel.togglePopover(),
    });
    #panel = element("div", { class: "menu profile-panel", role: "dialog", popover: "auto" });

    /**
     * @param {HTMLElement} root @param {Person} person
     * @param {{ version: string, onLanguage: (language: "en" | "ms") => void, onKept: () => void, onArchived: () => void, onData: () => void, onRecipes: () => void, onModels: (() => void) | null, onShortcuts: () => void, onSignOut: () => void }} hooks
     */
    constructor(root, person, hooks) {
        this.#root = root;
        this.#person = person;
        this.#hooks = hooks;
        this.#panel.addEventListener("toggle", (event) => {
            const isOpen = event.newState === "open";
            this.#button.setAttribute("aria-expanded", `${isOpen}`);
            if (!isOpen) return;
            place(this.#panel, this.#button);
            /** @type {HTMLElement | null} */ (this.#panel.querySelector("input:checked"))?.focus();
        });
        root.append(this.#button, this.#panel);
        document.addEventListener("ai4ai:language", () => this.#draw());
        this.#draw();
    }

    get #isLocal() {
        return this.#person.mode === "local";
    }

    get #name() {
        return this.#isLocal ? t("profile.local") : this.#person.name;
    }

    #draw() {
        const { email } = this.#person;
        this.#button.replaceChildren(
            element("span", { class: "avatar", "aria-hidden": "true" }, [...this.#name][0]?.toUpperCase() ?? "?"),
            element("span", { class: "profile-name" }, this.#name), icon("settings"));
        this.#button.setAttribute("aria-label", t("profile.open", { name: this.#name }));
        this.#panel.setAttribute("aria-label", t("profile.title"));
        const focused = this.#panel.contains(document.activeElement) ? document.activeElement.id : "";
        this.#panel.replaceChildren(
            element("div", { class: "profile-head" },
                element("strong", {}, this.#name),
                this.#isLocal ? element("p", {}, t("profile.localText")) : email ? element("p", {}, email) : null),
            this.#choice("language", [["en", "English"], ["ms", "Bahasa Melayu"]], language(),
                this.#hooks.onLanguage),
            this.#choice("theme", [["", t("theme.system")], ["light", t("theme.light")], ["dark", t("theme.dark")]],
                preferences().theme ?? "", (value) => setPreference("theme", value || undefined)),
            this.#choice("textSize",
                [["", t("textSize.normal")], ["large", t("textSize.large")], ["larger", t("textSize.larger")]],
                preferences().textSize ?? "", (value) => setPreference("textSize", value || undefined)),
            this.#choice("contrast",
                [["", t("theme.system")], ["normal", t("contrast.normal")], ["more", t("contrast.more")]],
                preferences().contrast ?? "", (value) => setPreference("contrast", value || undefined)),
            ...(canNotify() ? [this.#notifying()] : []),
            ...(this.#hooks.onModels ? [this.#action("settings", t("models.title"), this.#hooks.onModels)] : []),
            this.#action("done", t("recipes.title"), this.#hooks.onRecipes),
            this.#action("key", t("kept.title"), this.#hooks.onKept),
            this.#action("archive", t("archived.title"), this.#hooks.onArchived),
            this.#action("save", t("data.title"), this.#hooks.onData),
            this.#action("keyboard", t("shortcuts.title"), this.#hooks.onShortcuts),
            ...(this.#isLocal ? [] : [this.#action("signOut", t("signOut"), this.#hooks.onSignOut)]),
            element("p", { class: "profile-version" }, `AI4AI ${this.#hooks.version}`));
        // A change of language redraws the panel: restore the keyboard focus.
        if (focused) document.getElementById(focused)?.focus();
        if (this.#panel.matches(":popover-open")) place(this.#panel, this.#button);
    }

    /** A radio group whose choice takes effect immediately. */
    #choice(name, options, chosen, onChoose) {
        return element("fieldset", { class: "choice" },
            element("legend", {}, t(`profile.${name}`)),
            element("div", { class: "choice-options" }, ...options.map(([value, label]) => {
                const id = `choice-${name}-${value || "system"}`;
                return element("span", {},
                    element("input", {
                        type: "radio", id, name, value, checked: value === chosen,
                        onChange: () => onChoose(value),
                    }),
                    element("label", { for: id, lang: name === "language" ? value : null }, label));
            })));
    }

    #notifying() {
        const box = element("input", {
            type: "checkbox", id: "notifies", checked: isNotifying(),
            onChange: async () => { box.checked = await setNotifying(box.checked); },
        });
        return element("p", { class: "check" }, box, element("label", { for: "notifies" }, t("profile.notifies")));
    }

    #action(picture, label, onChoose) {
        return element("button", {
            class: "menu-item", type: "button", onClick: () => {
                this.#panel.hidePopover();
                onChoose();
            },
        }, icon(picture), label);
    }
}
