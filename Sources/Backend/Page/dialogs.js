/** Modal dialogs. The web browser traps the focus, closes them on Escape, and restores the focus. */

import { element, freshID } from "./elements.js";
import { t } from "./i18n.js";

/**
 * Shows a dialog until it is closed.
 * @param {object} what
 * @param {string} what.title
 * @param {(Node | string)[]} what.content
 * @param {Node[]} what.buttons They close the dialog with their `value`, because the form's method is `dialog`.
 * @param {boolean} [what.isUrgent] Makes it an alert dialog, which a click outside doesn't close.
 * @returns {Promise<string>} The value of the button that closed it; empty for Escape.
 */
export function showDialog({ title, content, buttons, isUrgent = false }) {
    const name = freshID("dialog");
    const dialog = element("dialog", {
        class: "dialog", "aria-labelledby": name, role: isUrgent ? "alertdialog" : null,
    }, element("form", { method: "dialog" },
        element("h2", { id: name }, title), ...content, element("div", { class: "dialog-buttons" }, ...buttons)));
    document.body.append(dialog);
    if (!isUrgent) dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.showModal();
    return new Promise((resolve) => {
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(dialog.returnValue);
        });
    });
}

/**
 * Asks for confirmation before an action that can't be undone. Cancel has the focus.
 * @param {{ title: string, text: string, action: string }} question
 * @returns {Promise<boolean>}
 */
export async function confirmDanger({ title, text, action }) {
    const answer = await showDialog({
        title, content: [element("p", {}, text)], isUrgent: true,
        buttons: [
            element("button", { class: "button", value: "", autofocus: true }, t("cancel")),
            element("button", { class: "button danger", value: "yes" }, action),
        ],
    });
    return answer === "yes";
}
