/**
 * Notifications of the web browser, for users who do something else meanwhile: a task waits for them, or has ended.
 * They have the chat's name and nothing else of it, because other people may see them.
 */

import { titleOf } from "./chat-row.js";
import { t } from "./i18n.js";
import { preferences, setPreference } from "./preferences.js";

/** Whether this web browser can notify, and hasn't been told never to. */
export function canNotify() {
    return "Notification" in window && Notification.permission !== "denied";
}

export function isNotifying() {
    return canNotify() && Notification.permission === "granted" && preferences().notifies === true;
}

/** Turns notifications on or off; asks the web browser first if it has to. @param {boolean} wanted */
export async function setNotifying(wanted) {
    const isGranted = wanted && await Notification.requestPermission() === "granted";
    setPreference("notifies", isGranted || undefined);
    return isGranted;
}

export class Notices {
    #open;
    /** The last known state of each chat. @type {Map<string, string>} */
    #states = new Map();

    /** @param {(chat: string) => void} open Opens a chat. */
    constructor(open) {
        this.#open = open;
    }

    /**
     * Notes a chat's state, and notifies if it has come to concern the user.
     * @param {import("./api.js").Session} session
     */
    take(session) {
        const state = session.run?.state ?? "idle";
        const before = this.#states.get(session.id);
        this.#states.set(session.id, state);
        // What was so when the chat was opened is no news.
        if (before === undefined || before === state || state === "running" || !document.hidden) return;
        if (isNotifying()) this.#notify(session, t(`notice.${state}`, { title: titleOf(session) }));
    }

    #notify(session, words) {
        let notice;
        try {
            notice = new Notification(words, { tag: session.id, icon: "/assets/icon.svg" });
        } catch {
            // Some web browsers for phones notify only from a service worker.
            return;
        }
        notice.addEventListener("click", () => {
            window.focus();
            this.#open(session.id);
            notice.close();
        });
    }
}
