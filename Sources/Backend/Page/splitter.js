/** The handle between the chat and the live browser, which divides the window between them. */

import { t } from "./i18n.js";
import { preferences, setPreference } from "./preferences.js";

/** The smallest and the largest part of the window for the browser, and the step of a key press. */
const least = 0.25, most = 0.75, step = 0.02;

/** @param {HTMLElement} handle @param {HTMLElement} shell The grid with the chat and the browser. */
export function startSplitter(handle, shell) {
    const label = () => handle.setAttribute("aria-label", t("live.splitter"));
    const show = (/** @type {number | undefined} */ share) => {
        shell.classList.toggle("is-split", share !== undefined);
        if (share !== undefined) shell.style.setProperty("--live-share", `${share}`);
        handle.setAttribute("aria-valuenow", `${Math.round((share ?? shareNow()) * 100)}`);
    };
    const shareNow = () => {
        const { width } = shell.querySelector(".live")?.getBoundingClientRect() ?? { width: 0 };
        const { left } = shell.querySelector(".main")?.getBoundingClientRect() ?? { left: 0 };
        return width ? width / (innerWidth - left) : 0.55;
    };
    const within = (/** @type {number} */ share) => Math.round(Math.min(most, Math.max(least, share)) * 1000) / 1000;
    const set = (/** @type {number | undefined} */ share) => {
        setPreference("liveShare", share);
        show(share);
    };
    let dragged = 0;

    handle.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        handle.setPointerCapture(event.pointerId);
        handle.focus();
    });
    handle.addEventListener("pointermove", (event) => {
        if (!handle.hasPointerCapture(event.pointerId)) return;
        const { left } = shell.querySelector(".main").getBoundingClientRect();
        dragged = within((innerWidth - event.clientX) / (innerWidth - left));
        show(dragged);
    });
    handle.addEventListener("lostpointercapture", () => {
        if (dragged) set(dragged);
        dragged = 0;
    });
    handle.addEventListener("dblclick", () => set(undefined));
    handle.addEventListener("keydown", (event) => {
        const to = {
            ArrowLeft: shareNow() + step, ArrowRight: shareNow() - step, Home: most, End: least,
        }[event.key];
        if (to === undefined && event.key !== "Enter") return;
        event.preventDefault();
        // Enter restores the division that fits most windows.
        set(to === undefined ? undefined : within(to));
    });
    document.addEventListener("ai4ai:language", label);
    label();
    show(preferences().liveShare);
}
