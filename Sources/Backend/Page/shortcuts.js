/**
 * Keyboard shortcuts for the whole page.
 *
 * @typedef {object} ShortcutHooks
 * @property {() => void} onSearch
 * @property {() => void} onNewChat
 * @property {() => boolean} onEscape Returns whether there was something to close or stop.
 */

import { showDialog } from "./dialogs.js";
import { element, freshID } from "./elements.js";
import { t } from "./i18n.js";
import { preferences, setPreference } from "./preferences.js";

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

/** @param {HTMLElement} live Inside it, keys go to the live browser. @param {ShortcutHooks} hooks */
export function listenForShortcuts(live, hooks) {
    document.addEventListener("keydown", (event) => {
        if (event.defaultPrevented || event.isComposing || live.contains(document.activeElement)) return;
        if (document.querySelector("dialog[open], [popover]:popover-open")) return;
        const isCommand = isApple ? event.metaKey : event.ctrlKey;
        const key = event.key.toLowerCase();
        if (isCommand && !event.shiftKey && !event.altKey && key === "k") {
            event.preventDefault();
            hooks.onSearch();
        } else if (isCommand && event.shiftKey && key === "o") {
            event.preventDefault();
            hooks.onNewChat();
        } else if (key === "escape") {
            if (hooks.onEscape()) event.preventDefault();
        } else if (key === "?" && !isTyping(event.target) && preferences().singleKeys !== false) {
            event.preventDefault();
            void showShortcuts();
        }
    });
}

/** Shows the list of shortcuts. */
export async function showShortcuts() {
    const command = isApple ? "⌘" : "Ctrl";
    /** @type {[string[], string][]} */
    const keys = [
        [["Enter"], "shortcuts.send"], [["Shift", "Enter"], "shortcuts.line"], [["↑"], "shortcuts.edit"],
        [["Esc"], "shortcuts.stop"], [[command, "K"], "shortcuts.search"],
        [[command, "Shift", "O"], "shortcuts.new"], [["?"], "shortcuts.help"],
    ];
    const id = freshID("single-keys");
    await showDialog({
        title: t("shortcuts.title"),
        content: [
            element("dl", { class: "keys" }, ...keys.map(([names, key]) =>
                element("div", {}, element("dt", {}, t(key)),
                    element("dd", {}, ...names.map((name) => element("kbd", {}, name)))))),
            element("p", { class: "check" },
                element("input", {
                    type: "checkbox", id, checked: preferences().singleKeys !== false,
                    onChange: (event) => setPreference("singleKeys", event.target.checked ? undefined : false),
                }),
                element("label", { for: id }, t("shortcuts.singleKeys"))),
        ],
        buttons: [element("button", { class: "button", autofocus: true }, t("close"))],
    });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
    return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}
