/** A pop-up menu for mouse and keyboard. */

import { element } from "./elements.js";
import { icon } from "./icons.js";

/** @typedef {{ label: string, picture: import("./icons.js").Icon, isDanger?: boolean, onChoose: () => void }} MenuItem */

/** @param {HTMLElement} button Opens the menu, and regains the focus. @param {MenuItem[]} items */
export function openMenu(button, items) {
    const menu = element("div", { class: "menu", role: "menu", popover: "auto", "aria-label": button.ariaLabel });
    menu.append(...items.map(({ label, picture, isDanger, onChoose }) =>
        element("button", {
            class: isDanger ? "menu-item danger" : "menu-item", role: "menuitem", type: "button", tabindex: -1,
            onClick: () => {
                menu.hidePopover();
                onChoose();
            },
        }, icon(picture), label)));
    menu.addEventListener("keydown", (event) => move(event, menu));
    menu.addEventListener("toggle", (event) => {
        button.setAttribute("aria-expanded", `${event.newState === "open"}`);
        if (event.newState === "open") return;
        if (menu.contains(document.activeElement) || document.activeElement === document.body) button.focus();
        menu.remove();
    });
    // Inside the button's landmark, so that screen readers find it next to the button.
    (button.closest("nav, main, aside") ?? document.body).append(menu);
    menu.showPopover();
    place(menu, button);
    /** @type {HTMLElement} */ (menu.firstElementChild).focus();
}

/** Places a floating element next to a button, within the window. @param {HTMLElement} floating */
export function place(floating, button) {
    const at = button.getBoundingClientRect();
    const { width, height } = floating.getBoundingClientRect();
    const below = at.bottom + 4;
    const top = below + height <= innerHeight ? below : Math.max(8, at.top - height - 4);
    floating.style.top = `${top}px`;
    floating.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
}

function move(event, menu) {
    const items = [...menu.children];
    const here = items.indexOf(document.activeElement);
    const next = {
        ArrowDown: (here + 1) % items.length, ArrowUp: (here - 1 + items.length) % items.length,
        Home: 0, End: items.length - 1,
    }[event.key];
    if (event.key === "Tab") menu.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    items[next].focus();
}
