import { BrowserInput } from "./browser-input.js";
import { t } from "./i18n.js";
import { LiveControl } from "./live-control.js";
import { makeLivePanel } from "./live-panel.js";
import { LiveScreen, zooms } from "./live-screen.js";

/**
 * The live view of the browser: its frames, its address, who controls it, and the user's input.
 *
 * The browser page can't imitate this panel: only its address and title appear outside the frames, as text.
 */

/** How long an error message stays, in milliseconds. */
const messageTime = 8000;

/** A window that has the browser above the chat. */
const small = "(max-width: 35.99rem), (max-width: 47.99rem) and (orientation: portrait)";

export class LiveView {
    #root;
    #hooks;
    #control;
    /** @type {ReturnType<typeof makeLivePanel>} */
    #panel;
    #screen;
    #input;
    /** `closed` until a browser starts; `ended` once it's closed and its last frame remains. */
    #state = "closed";
    #isCollapsed = false;
    /** Whether it was collapsed to make room, and not by the user. */
    #isFolded = false;
    /** Whether the browser is still starting. Control can't be taken until it has. */
    #isStarting = false;
    #isConnected = true;
    #showsFrames = false;
    #address = { url: "", title: "" };
    /** Whether the user has interacted since the address was reported. */
    #isAddressOld = false;
    #tab = "";
    /** @type {Map<string, string>} The tabs seen so far, with their titles. */
    #tabs = new Map();
    #messageTimer = 0;
    #wantsFocus = false;
    /** @type {AbortController | null} */
    #listening = null;

    /**
     * @param {HTMLElement} root
     * @param {{send: (frame: object) => void, announce: (text: string) => void, onOwner: (owner: string) => void}}
     *     hooks
     */
    constructor(root, hooks) {
        this.#root = root;
        this.#hooks = hooks;
        this.#control = new LiveControl(hooks.send, () => this.#ownerChanged());
        this.#build();
        document.addEventListener("ai4ai:language", () => this.#relabel());
    }

    /** Whether the browser receives keyboard input. */
    get hasKeyboard() {
        return document.activeElement === this.#panel.keys;
    }

    /** @param {{name: string, value?: any}} event @returns {boolean} Whether a notice concerned the browser. */
    receive({ name, value = {} }) {
        if (name === "notice") return this.#notice(value);
        this.#receive(name, value);
        return false;
    }

    #receive(name, value) {
        switch (name) {
        case "browser.frame": return this.#showFrame(value);
        case "browser.navigated":
            this.#address = { url: String(value.url ?? ""), title: String(value.title ?? "") };
            this.#isAddressOld = false;
            if (this.#tab) this.#tabs.set(this.#tab, this.#address.title || this.#address.url);
            this.#open();
            return this.#draw();
        case "browser.session":
            if (value.status === "ended") return this.end();
            this.#isStarting = value.status === "starting";
            this.#open();
            return this.#draw();
        case "control.changed": return this.#control.receive(value);
        }
    }

    /** Takes control of the browser, and scrolls to it. */
    takeControl() {
        this.#isCollapsed = false;
        this.#open();
        this.#wantsFocus = true;
        if (this.#control.owner === "you") this.#goToKeyboard();
        else this.#control.take();
        this.#root.scrollIntoView({ block: "nearest" });
        this.#draw();
    }

    /** Makes room for a question or a result on a small window. The user can open the view again. */
    fold() {
        if (this.#isCollapsed || this.#control.owner === "you" || !matchMedia(small).matches) return;
        this.#isCollapsed = true;
        this.#isFolded = true;
        this.#draw();
    }

    /** Opens what `fold` has closed, once the work goes on. */
    unfold() {
        if (!this.#isFolded) return;
        this.#isFolded = false;
        this.#isCollapsed = false;
        this.#draw();
    }

    /** @param {boolean} isConnected */
    setConnected(isConnected) {
        this.#isConnected = isConnected;
        this.#control.setConnected(isConnected);
        this.#ownerChanged();
    }

    /** Handles the end of the browser. */
    end() {
        if (this.#state !== "open") return;
        this.#state = "ended";
        this.fold();
        this.#control.clear();
        this.#ownerChanged();
    }

    clear() {
        this.#state = "closed";
        this.#isCollapsed = false;
        this.#isFolded = false;
        this.#isStarting = false;
        this.#listening?.abort();
        this.#listening = null;
        clearTimeout(this.#messageTimer);
        this.#control.clear();
        this.#screen.clear();
        this.#tabs.clear();
        this.#tab = "";
        this.#address = { url: "", title: "" };
        this.#showsFrames = false;
        if (document.fullscreenElement === this.#root) void document.exitFullscreen();
        this.#draw();
    }

    /** Redraws all texts after a change of language. */
    #relabel() {
        this.#input.setActive(false);
        // Turning frames off and on makes the runtime send one immediately.
        if (this.#showsFrames) this.#hooks.send({ type: "hello", frames: false });
        this.#showsFrames = false;
        this.#build();
        this.#ownerChanged();
    }

    #build() {
        this.#panel = makeLivePanel({
            take: () => this.takeControl(),
            release: () => this.#control.release(),
            type: () => this.#goToKeyboard(),
            collapse: () => this.#toggle(),
            fullScreen: () => this.#toggleFullScreen(),
            enlarge: () => this.#zoomBy(1),
            reduce: () => this.#zoomBy(-1),
            go: (frame) => this.#sendInput(frame),
            openTab: (tab) => this.#sendInput({ type: "input.tab", tab }),
        });
        const { canvas, stage, keys, typeButton } = this.#panel;
        this.#screen?.clear();
        this.#screen = new LiveScreen(canvas, stage);
        this.#input = new BrowserInput(canvas, keys, {
            send: (frame) => this.#sendInput(frame),
            placeOf: (point) => this.#screen.placeOf(point),
            scale: () => this.#screen.scale,
            onLeave: () => typeButton.focus(),
            onIdle: () => this.#say(t("live.takeFirst")),
        });
        for (const type of ["focus", "blur"]) keys.addEventListener(type, () => this.#draw());
        this.#root.replaceChildren(...this.#panel.elements);
        this.#draw();
    }

    #open() {
        if (this.#state === "ended") {
            this.#screen.clear();
            this.#tabs.clear();
            this.#tab = "";
        }
        this.#state = "open";
        if (this.#listening) return;
        this.#listening = new AbortController();
        const { signal } = this.#listening;
        document.addEventListener("visibilitychange", () => this.#wishFrames(), { signal });
        document.addEventListener("fullscreenchange", () => this.#draw(), { signal });
    }

    #showFrame(frame) {
        if (this.#state !== "open" || this.#isCollapsed) {
            if (this.#state === "closed") this.#open();
            else return;
        }
        const tab = String(frame.tab ?? "");
        const isNew = tab !== this.#tab || this.#screen.isEmpty;
        this.#tab = tab;
        if (tab && !this.#tabs.has(tab)) this.#tabs.set(tab, "");
        this.#screen.show(frame);
        // The user's own steps are reported with the frames alone.
        const hasMoved = frame.url !== undefined && frame.url !== this.#address.url;
        if (hasMoved) this.#address = { url: String(frame.url), title: "" };
        const isOld = frame.url === undefined && this.#isAddressOld;
        const isRenewed = this.#isAddressOld !== isOld;
        this.#isAddressOld = isOld;
        if (isNew || hasMoved || isRenewed) this.#draw();
    }

    /** Requests frames only while they're visible. */
    #wishFrames() {
        const show = this.#state === "open" && !this.#isCollapsed && !document.hidden;
        if (show === this.#showsFrames) return;
        this.#showsFrames = show;
        // The socket keeps the rest of this frame, and repeats it on each connection.
        this.#hooks.send({ type: "hello", frames: show });
    }

    #ownerChanged() {
        const { owner } = this.#control;
        const isYours = owner === "you" && this.#state === "open";
        const wasYours = this.#root.dataset.owner === "you";
        this.#input.setActive(isYours && this.#isConnected);
        this.#draw();
        if (isYours !== wasYours) {
            this.#panel.tell("");
            this.#hooks.announce(t(isYours ? "live.announce.yours" : "live.announce.agents"));
        }
        if (isYours && this.#wantsFocus) this.#goToKeyboard();
        if (owner !== "taking") this.#wantsFocus = false;
        this.#hooks.onOwner(owner);
    }

    #sendInput(frame) {
        if (this.#control.owner !== "you" || !this.#isConnected) return;
        const isLook = frame.type === "input.mouse" && frame.action === "move";
        if (!isLook && !this.#isAddressOld && frame.type !== "input.wheel") {
            this.#isAddressOld = true;
            this.#draw();
        }
        this.#hooks.send(frame);
    }

    #goToKeyboard() {
        this.#wantsFocus = false;
        if (this.#control.owner === "you") this.#input.takeKeyboard();
    }

    #toggle() {
        if (this.#state === "ended") this.#state = "closed";
        else this.#isCollapsed = !this.#isCollapsed;
        this.#isFolded = false;
        this.#draw();
    }

    /** @param {1 | -1} steps */
    #zoomBy(steps) {
        const zoom = zooms[zooms.indexOf(this.#screen.zoom) + steps];
        if (zoom) this.#screen.enlarge(zoom);
        this.#draw();
    }

    async #toggleFullScreen() {
        try {
            if (document.fullscreenElement === this.#root) await document.exitFullscreen();
            else await this.#root.requestFullscreen();
        } catch {
            this.#say(t("live.noFullScreen"));
        }
    }

    #notice({ code, message }) {
        if (!["control_denied", "no_browser", "input_failed", "no_view"].includes(code)) return false;
        this.#control.refuse();
        const words = t(`live.notice.${code}`);
        this.#say(code === "input_failed" ? `${words} ${message ?? ""}` : words);
        return true;
    }

    /** @param {string} words */
    #say(words) {
        this.#panel.tell(words);
        clearTimeout(this.#messageTimer);
        this.#messageTimer = setTimeout(() => this.#panel.tell(""), messageTime);
    }

    #draw() {
        const { owner } = this.#control;
        this.#root.hidden = this.#state === "closed";
        this.#root.dataset.owner = owner;
        this.#root.toggleAttribute("data-collapsed", this.#isCollapsed);
        this.#panel.draw({
            owner, secondsLeft: this.#control.secondsLeft, address: this.#address, isAddressOld: this.#isAddressOld,
            isCollapsed: this.#isCollapsed, isEnded: this.#state === "ended",
            isEmpty: this.#screen.isEmpty && !this.#tab, isStarting: this.#isStarting, isConnected: this.#isConnected,
            hasKeyboard: this.hasKeyboard, zoom: this.#screen.zoom, tab: this.#tab, tabs: this.#tabs,
            isFullScreen: document.fullscreenElement === this.#root,
        });
        this.#wishFrames();
    }
}
