/** Connects the parts of the page: the chat list, the open chat, the message box, and the menus. */

import { Announcer } from "./announcer.js";
import { Chat } from "./chat.js";
import { titleOf } from "./chat-row.js";
import { showCard } from "./cards.js";
import { Chats } from "./chats.js";
import { Composer } from "./composer.js";
import { ConnectionBanner } from "./connection-banner.js";
import { showDialog } from "./dialogs.js";
import { Drawer } from "./drawer.js";
import { byID, element } from "./elements.js";
import { ApiError, SignInError, explain } from "./errors.js";
import { setLanguage, t } from "./i18n.js";
import { ProfileMenu } from "./menu.js";
import { isNotifying, Notices } from "./notices.js";
import { Router } from "./router.js";
import { RunView } from "./run-view.js";
import { listenForShortcuts, showShortcuts } from "./shortcuts.js";
import { startSplitter } from "./splitter.js";
import { showStarters } from "./starters.js";
import { Toasts } from "./toasts.js";
import { markTyping } from "./typing.js";

/** Within this distance of the end, in pixels, the scroll position counts as being at the end. */
const nearEnd = 64;

export class Page {
    #config;
    #signIn;
    #api;
    /** @type {Chat | null} */
    #chat = null;
    #isAskingToSignIn = false;
    #toasts = new Toasts(byID("toasts"));
    #announcer = new Announcer(byID("announcer"));
    #banner = new ConnectionBanner(byID("banner"));
    #router = new Router((chat) => this.#open(chat), () => this.#toasts.error(t("route.unknown")));
    #notices = new Notices((chat) => this.#router.go(chat));
    #drawer = new Drawer({
        sidebar: byID("sidebar"), main: byID("main"), shade: byID("drawer-shade"),
        open: byID("drawer-open"), close: byID("drawer-close"),
    });
    #composer;
    #chats;
    #view = new RunView(byID("messages"), byID("live"), {
        send: (frame) => void this.#chat.send(frame),
        change: () => {
            if (this.#chat) this.#draw();
            this.#chats?.redraw();
        },
        picture: (toolCallID) => this.#chat.picture(toolCallID),
        files: () => this.#chat.files,
        revoke: (allowance) => this.#chat.revoke(allowance),
        announce: (text) => this.#announcer.say(text),
        // While a question waits, the user says first what the text is for.
        retry: (text) => this.#chat.state === "waiting" && !this.#view.isTooLate
            ? this.#composer.edit(text) : void this.#chat.say(text),
        copy: (text) => this.#copy(text),
        editAndResend: (text) => this.#composer.edit(text),
        repeat: (call) => void this.#onDemand(({ repeatRecipe }) =>
            repeatRecipe(this.#api, call, (text, chosen) => void this.#chat.say(text, [], chosen))),
        saveRecipe: () => void this.#onDemand(({ saveRecipe }) =>
            saveRecipe(this.#api, /** @type {string} */ (this.#chat.id), this.#toasts)),
    });
    #title = byID("chat-title");
    #state = byID("chat-state");
    #scroller = byID("scroller");
    #earlier = byID("earlier");
    #starters = byID("starters");

    /**
     * @param {import("./api.js").Config} config @param {import("./sign-in.js").SignIn} signIn
     * @param {import("./api.js").Api} api @param {import("./menu.js").Person} person
     */
    constructor(config, signIn, api, person) {
        this.#config = config;
        this.#signIn = signIn;
        this.#api = api;
        this.#sayPractice();
        this.#composer = new Composer(
            /** @type {HTMLFormElement} */ (byID("composer")), config.limits, {
                onSend: (text, files) => this.#chat.say(text, files),
                onSendElsewhere: (text, files) => this.#beginElsewhere(text, files),
                onStop: () => this.#chat.stop(),
                lastWords: () => this.#chat.lastWords,
            });
        this.#chats = new Chats(
            { list: byID("chat-list"), search: /** @type {HTMLInputElement} */ (byID("search")) },
            api, this.#toasts, this.#announcer, config.limits.title_characters, person.id, {
                onDeleted: (id) => id === this.#chat?.id && this.#router.go(null),
                onRestored: (id) => this.#router.go(id),
                onRenamed: (session) => this.#chat?.renamed(session),
                onFailure: (error) => this.#isSignInFailure(error) && this.#askToSignIn(),
                onLoaded: (sessions) => {
                    for (const session of sessions) this.#notices.take(session);
                    if (this.#chat) this.#drawTitle();
                },
                isAwaited: isNotifying,
            });
        new ProfileMenu(byID("profile"), person, {
            version: config.version,
            onLanguage: (language) => void setLanguage(language).catch((error) => this.#tell(error)),
            onKept: () => void this.#onDemand(({ showKept }) => showKept(api)),
            onArchived: () => void this.#onDemand(({ showArchived }) => showArchived(api, (session) => {
                this.#chats.take(session);
                this.#chat?.renamed(session);
            })),
            onData: () => void this.#onDemand(({ showYourData }) => showYourData(api, () => {
                this.#router.go(null);
                void this.#chats.refresh();
            })),
            onRecipes: () => void this.#onDemand(({ showRecipes }) => showRecipes(api, (text, call) => {
                if (this.#chat.state !== "idle") this.#router.go(null);
                void this.#chat.say(text, [], call);
            })),
            onModels: config.can_choose_model ? () => this.#chooseModel() : null,
            onShortcuts: () => void showShortcuts(), onSignOut: () => void this.#leave(),
        });
        signIn.onToken = (token) => this.#chat?.renew(token);
    }

    start() {
        byID("shell").hidden = false;
        markTyping(byID("shell"), byID("main"));
        this.#watchForEarlier();
        this.#stayAtEnd();
        startSplitter(byID("splitter"), byID("shell"));
        listenForShortcuts(byID("live"), {
            onSearch: () => {
                this.#drawer.open();
                this.#chats.focusSearch();
            },
            onNewChat: () => this.#router.go(null),
            onEscape: () => this.#escape(),
        });
        document.addEventListener("ai4ai:language", () => {
            this.#starters.hidden = true;
            this.#sayPractice();
            this.#draw();
        });
        this.#router.start();
        void this.#chats.refresh();
    }

    /** Shows a notice if the practice model answers instead of a real one. */
    #sayPractice() {
        const practice = byID("practice");
        practice.hidden = this.#config.model !== "offline";
        const connect = element(
            "button", { class: "quiet-button", type: "button", onClick: () => this.#chooseModel() }, t("models.connect"));
        practice.replaceChildren(t("practice"), ...(this.#config.can_choose_model ? [" ", connect] : []));
    }

    #chooseModel() {
        void this.#onDemand(({ showModels }) => showModels(this.#api, (model) => {
            this.#config.model = model;
            this.#sayPractice();
            this.#starters.hidden = true;
            this.#draw();
        }));
    }

    /** Starts a separate task in a new chat while this chat's task waits. @param {string} text @param {File[]} files */
    #beginElsewhere(text, files) {
        this.#router.go(null);
        void this.#begin(text, files);
    }

    /** @param {string | null} id */
    #open(id) {
        this.#drawer.close();
        // What could be tried again belongs to the chat that is left.
        this.#toasts.dropRetries();
        this.#chat?.close();
        /** @type {Chat} */
        const chat = new Chat(id, {
            api: this.#api, signIn: this.#signIn, composer: this.#composer, banner: this.#banner,
            toasts: this.#toasts, announcer: this.#announcer, scroller: this.#scroller,
            view: this.#view,
            onSession: (session) => {
                this.#chats.take(session);
                this.#notices.take(session);
            },
            onCreated: (created) => {
                this.#router.settle(created);
                this.#composer.settle(created);
                this.#chats.mark(created);
            },
            onGone: () => chat === this.#chat && this.#gone(chat.id),
            onSignedOut: () => this.#askToSignIn(),
            onChange: () => chat === this.#chat && this.#draw(),
        });
        this.#chat = chat;
        this.#composer.turnTo(id);
        this.#chats.mark(id);
        this.#starters.hidden = true;
        this.#earlier.hidden = true;
        this.#draw();
        // On touch devices, focusing the message box would open the on-screen keyboard over half of the page.
        if (matchMedia("(pointer: coarse)").matches) this.#title.focus({ preventScroll: true });
        else this.#composer.focus();
        void chat.open();
    }

    #draw() {
        const { session, state, isLoading, isEmpty } = this.#chat;
        const title = session ? titleOf(session) : this.#chat.id === null ? t("newChat") : "";
        if (this.#title.textContent !== title) this.#title.textContent = title;
        this.#drawTitle();
        const isTooLate = state === "waiting" && this.#view.isTooLate;
        const words = state === "idle" ? "" : t(isTooLate ? "state.expired" : `state.${state}`);
        if (this.#state.textContent !== words) this.#state.textContent = words;
        this.#state.className = `chat-state ${state}`;
        this.#composer.show(isTooLate ? "idle" : state);
        this.#scroller.setAttribute("aria-busy", `${isLoading}`);
        // Once all messages are loaded, the button's place stays, so that they don't move.
        if (this.#chat.hasOlder) this.#earlier.hidden = false;
        this.#earlier.classList.toggle("is-done", !this.#chat.hasOlder);
        const hasStarters = isEmpty && !isLoading && (this.#chat.id === null || session !== null);
        if (hasStarters && this.#starters.hidden) {
            const { model, demo_site: site } = this.#config;
            showStarters(
                this.#starters, model === "offline" ? site : undefined, (text) => void this.#begin(text));
        }
        this.#starters.hidden = !hasStarters;
    }

    /** The title of the window says which chats wait: this one, or how many others. */
    #drawTitle() {
        const title = this.#title.textContent;
        const isWaiting = this.#chat.state === "waiting" && !this.#view.isTooLate;
        const others = this.#chats.waitingElsewhere;
        const sign = isWaiting ? `(${t("state.waiting")})` : others ? `(${others})` : "";
        document.title = [sign, title, title ? "–" : "", "AI4AI"].filter(Boolean).join(" ");
    }

    /**
     * Sends the first message of a chat, only once even if a starter is clicked repeatedly.
     * @param {string} text @param {File[]} files
     */
    async #begin(text, files = []) {
        const chat = this.#chat;
        if (this.#starters.inert) return this.#composer.giveBack(text, files, chat.id);
        this.#starters.inert = true;
        if (!await chat.say(text, files)) this.#composer.giveBack(text, files, chat.id);
        this.#starters.inert = false;
        this.#composer.focus();
    }

    /** Loads older messages when the user scrolls near the top, or clicks the button there. */
    #watchForEarlier() {
        const button = element("button", { class: "button", type: "button" }, t("earlier"));
        const load = async () => {
            button.disabled = true;
            try {
                await this.#chat.loadOlder();
                // Observing again triggers the observer if the button is still in view.
                watcher.unobserve(this.#earlier);
                watcher.observe(this.#earlier);
            } catch (error) {
                if (error.name !== "AbortError") this.#tell(error);
            }
            button.disabled = false;
        };
        const watcher = new IntersectionObserver(
            ([entry]) => entry.isIntersecting && void load(), { root: this.#scroller, rootMargin: "1200px 0px 0px" });
        button.addEventListener("click", load);
        document.addEventListener("ai4ai:language", () => button.replaceChildren(t("earlier")));
        this.#earlier.append(button);
        watcher.observe(this.#earlier);
    }

    /** Keeps the newest message in view when the message area resizes, unless the user has scrolled up. */
    #stayAtEnd() {
        const scroller = this.#scroller;
        const sizeNow = () => `${scroller.clientWidth} ${scroller.clientHeight}`;
        const hasCardInSight = () => {
            const card = scroller.querySelector(".card:not(.settled)")?.getBoundingClientRect();
            const { top, bottom } = scroller.getBoundingClientRect();
            return card !== undefined && card.top < bottom && card.bottom > top;
        };
        let size = "";
        let isAtEnd = true;
        const jump = element("button", {
            class: "button jump", type: "button", hidden: true,
            onClick: () => { scroller.scrollTop = scroller.scrollHeight; },
        }, t("jump"));
        document.addEventListener("ai4ai:language", () => jump.replaceChildren(t("jump")));
        scroller.append(jump);
        scroller.addEventListener("scroll", () => {
            const left = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
            // What has to be decided must not be covered.
            jump.hidden = left < scroller.clientHeight / 2 || hasCardInSight();
            // A scroll event after a resize doesn't come from the user.
            if (sizeNow() !== size) return;
            isAtEnd = left < nearEnd;
        }, { passive: true });
        new ResizeObserver(() => {
            size = sizeNow();
            if (!isAtEnd) return;
            if (!this.#starters.hidden) {
                // A chat without messages is read from its beginning.
                scroller.scrollTop = 0;
                return;
            }
            // What has to be decided stays in sight, rather than the end below it.
            const card = scroller.querySelector(".card:not(.settled)");
            if (card) showCard(card);
            else scroller.scrollTop = scroller.scrollHeight;
        }).observe(scroller);
    }

    /** @param {string} text */
    async #copy(text) {
        try {
            await navigator.clipboard.writeText(text);
            this.#toasts.info(t("copied"));
        } catch {
            this.#toasts.error(t("copyFailed"));
        }
    }

    #escape() {
        if (this.#drawer.isOpen) {
            this.#drawer.close();
            return true;
        }
        if (this.#composer.cancelEdit() || this.#composer.leaveAside()) return true;
        const active = document.activeElement;
        // A user who leaves an answer that they have begun doesn't mean to stop the task.
        if (active instanceof HTMLElement && active.matches(".card :is(input, textarea, select)")) {
            active.blur();
            return true;
        }
        if (this.#chat.state === "idle") return false;
        this.#chat.stop();
        return true;
    }

    /** @param {string | null} id */
    #gone(id) {
        if (id !== null) this.#chats.forget(id);
        this.#toasts.error(t("chat.gone"));
        this.#router.go(null);
    }

    #isSignInFailure(error) {
        return (error instanceof SignInError && error.code === "ended")
            || (error instanceof ApiError && error.status === 401);
    }

    /**
     * Loads what few users open, and uses it.
     * @param {(parts: typeof import("./on-demand.js")) => unknown} use
     */
    async #onDemand(use) {
        let parts;
        try {
            parts = await import("./on-demand.js");
        } catch {
            // After an update of the server, the parts of this page's version are gone.
            return this.#toasts.error(t(navigator.onLine ? "error.outdated" : "error.offline"));
        }
        try {
            await use(parts);
        } catch (error) {
            this.#tell(error);
        }
    }

    #tell(error) {
        if (this.#isSignInFailure(error)) this.#askToSignIn();
        else this.#toasts.error(explain(error));
    }

    /** Reports that the sign-in has ended, and offers to sign in and return to the same path. @returns {true} */
    #askToSignIn() {
        if (this.#isAskingToSignIn) return true;
        this.#isAskingToSignIn = true;
        void showDialog({
            title: t("signIn.endedTitle"), content: [element("p", {}, t("signIn.ended"))], isUrgent: true,
            buttons: [
                element("button", { class: "button", value: "" }, t("cancel")),
                element("button", { class: "button primary", value: "yes", autofocus: true }, t("signIn.action")),
            ],
        }).then(async (answer) => {
            this.#isAskingToSignIn = false;
            if (answer === "yes") await this.#signIn.begin(location.pathname).catch((error) => this.#tell(error));
        });
        return true;
    }

    async #leave() {
        this.#chat?.close();
        await this.#chats.finishDeletions();
        await this.#signIn.end();
    }
}
