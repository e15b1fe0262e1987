/**
 * Notifications of the web browser, for users who do something else meanwhile: a task waits for them, its question will
 * soon expire, or it has ended. They have the chat's name and nothing else of it, because other people may see them.
 */

import { stateOf, titleOf } from "./chat-row.js";
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

/** How long before a question expires the user is reminded, in milliseconds; earlier of questions that expire sooner. */
const reminder = 60 * 60 * 1000;

export class Notices {
    #open;
    /** The last known state of each chat. @type {Map<string, string>} */
    #states = new Map();
    /** The waiting runs whose users were reminded. @type {Set<string>} */
    #reminded = new Set();

    /** @param {(chat: string) => void} open Opens a chat. */
    constructor(open) {
        this.#open = open;
    }

    /**
     * Notes a chat's state, and notifies if it has come to concern the user.
     * @param {import("./api.js").Session} session
     */
    take(session) {
        const state = stateOf(session) ?? "idle";
        const before = this.#states.get(session.id);
        this.#states.set(session.id, state);
        // What was so when the page first heard of the chat is no news.
        const isNews = before !== undefined && before !== state && state !== "running";
        const isReminder = !isNews && state === "waiting" && this.#isSoonOver(session);
        if ((!isNews && !isReminder) || !document.hidden || !isNotifying()) return;
        if (isReminder) this.#reminded.add(session.run.id);
        this.#notify(session, t(isReminder ? "notice.soonOver" : `notice.${state}`, { title: titleOf(session) }));
    }

    /** Whether a question has little of its time left, and the user was not reminded of it. */
    #isSoonOver({ run, updated_at: asked }) {
        const end = Date.parse(run.expires_at ?? "");
        return end - Date.now() < Math.min(reminder, (end - Date.parse(asked)) / 4) && !this.#reminded.has(run.id);
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
