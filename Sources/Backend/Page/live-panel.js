import { element, freshID } from "./elements.js";
import { t } from "./i18n.js";
import { zooms } from "./live-screen.js";
import { runIcon } from "./run-icons.js";
import { webAddress } from "./web-address.js";

/**
 * The elements around the live view's canvas, and their appearance in each state.
 *
 * @typedef {object} PanelState
 * @property {import("./live-control.js").Owner} owner
 * @property {number} secondsLeft Of the user's lease.
 * @property {{url: string, title: string}} address
 * @property {boolean} isAddressOld Whether the address may have changed since it was reported.
 * @property {boolean} isCollapsed
 * @property {boolean} isEnded
 * @property {boolean} isEmpty Whether no frame has arrived yet.
 * @property {boolean} isStarting Whether the browser is still starting.
 * @property {boolean} isConnected
 * @property {boolean} hasKeyboard
 * @property {boolean} isFullScreen
 * @property {number} zoom
 * @property {string} tab
 * @property {Map<string, string>} tabs
 *
 * @typedef {Record<"take" | "release" | "type" | "collapse" | "fullScreen" | "enlarge" | "reduce", () => void> &
 *     {go: (frame: import("./socket.js").Frame) => void, openTab: (tab: string) => void}} PanelActs
 */

/** @type {Record<string, import("./run-icons.js").RunIcon>} */
const ownerIcons = { agent: "agent", taking: "clock", you: "person", other: "person" };

/** @param {PanelActs} acts */
export function makeLivePanel(acts) {
    const owner = element("p", { class: "live-owner" });
    const enlarge = iconButton("enlarge", "live.enlarge", acts.enlarge);
    const reduce = iconButton("reduce", "live.reduce", acts.reduce);
    const fullScreen = iconButton("expand", "live.fullScreen", acts.fullScreen);
    const collapse = iconButton("collapse", "live.collapse", acts.collapse);
    const head = element(
        "header", { class: "live-head" }, element("h2", {}, t("live.title")), owner, reduce, enlarge, fullScreen, collapse);

    const back = iconButton("back", "live.back", () => acts.go({ type: "input.back" }));
    const forward = iconButton("forward", "live.forward", () => acts.go({ type: "input.forward" }));
    const reload = iconButton("reload", "live.reload", () => acts.go({ type: "input.reload" }));
    const address = element("p", { class: "live-address" });
    const entry = addressEntry((url) => acts.go({ type: "input.navigate", url }));
    const navigation = element(
        "div", { class: "live-navigation", role: "group", "aria-label": t("live.navigation") },
        back, forward, reload, address, entry.element);
    const tabs = element("div", { class: "live-tabs", role: "group", "aria-label": t("live.tabs") });

    const canvas = element("canvas", { role: "img", width: 1, height: 1 });
    const hintID = freshID("live-hint");
    const keys = element("textarea", {
        class: "live-keys", tabindex: -1, autocomplete: "off", autocapitalize: "off", autocorrect: "off",
        spellcheck: "false", "aria-label": t("live.keys"), "aria-describedby": hintID,
    });
    const overlay = element("p", { class: "live-overlay" });
    const stage = element("div", { class: "live-stage" }, canvas, keys, overlay);

    const hint = element("p", { class: "live-hint", id: hintID });
    const take = element(
        "button", { class: "button primary", type: "button", onClick: acts.take }, runIcon("hand"),
        element("span", {}, t("live.take")));
    const release = element(
        "button", { class: "button primary", type: "button", onClick: acts.release }, t("live.release"));
    const leaseTime = element("span");
    const lease = element(
        "span", { class: "live-lease", title: t("live.leaseNote") }, runIcon("clock"), leaseTime,
        element("span", { class: "visually-hidden" }, t("live.leaseNote")));
    const typeButton = element(
        "button", { class: "button", type: "button", onClick: acts.type }, runIcon("keyboard"),
        element("span", {}, t("live.type")));
    const more = element(
        "details", { class: "live-more" }, element("summary", {}, t("live.more")),
        element(
            "div", { class: "live-more-buttons" },
            plainButton("live.escape", () => acts.go({ type: "input.key", key: "Escape" })),
            plainButton("live.dialogAccept", () => acts.go({ type: "input.dialog", accept: true })),
            plainButton("live.dialogDismiss", () => acts.go({ type: "input.dialog", accept: false }))));
    const controls = element("div", { class: "live-controls" }, take, release, typeButton, lease, more);
    const status = element("p", { class: "live-status", role: "status" });

    /** Sets a text only if it differs, so that screen readers don't announce it again. */
    const set = (place, text) => {
        if (place.textContent !== text) place.textContent = text;
    };
    /** @type {Partial<PanelState>} */
    let shown = {};

    /** @param {PanelState} state */
    function draw(state) {
        const isYours = state.owner === "you" && !state.isEnded;
        const canWork = isYours && state.isConnected;
        if (shown.owner !== state.owner || shown.isEnded !== state.isEnded) {
            const word = state.isEnded ? "ended" : state.owner;
            owner.replaceChildren(runIcon(ownerIcons[state.owner]), element("span", {}, t(`live.owner.${word}`)));
            owner.dataset.owner = word;
        }
        navigation.classList.toggle("is-yours", isYours);
        drawAddress(state);
        if (tabsText(state) !== tabsText(shown)) drawTabs(tabs, state, isYours, acts.openTab);
        for (const button of [back, forward, reload]) {
            button.hidden = !isYours;
            button.disabled = !canWork;
        }
        entry.element.hidden = !isYours;
        take.hidden = isYours || state.isEnded;
        take.disabled = state.owner !== "agent" || state.isStarting || !state.isConnected;
        set(take.lastElementChild, t(state.owner === "taking" ? "live.taking" : "live.take"));
        for (const part of [release, lease, typeButton, more]) part.hidden = !isYours;
        set(leaseTime, t("live.lease", { seconds: state.secondsLeft }));
        stage.classList.toggle("is-yours", isYours);
        stage.classList.toggle("has-keyboard", state.hasKeyboard);
        set(hint, isYours ? t(state.hasKeyboard ? "live.hint.keyboard" : "live.hint.yours") : "");
        set(overlay, overlayWords(state));
        overlay.hidden = !overlay.textContent;
        const { title, url } = state.address;
        canvas.setAttribute("aria-label", t("live.picture", { page: title || url || t("live.noAddress") }));
        relabel(fullScreen, state.isFullScreen ? "live.leaveFullScreen" : "live.fullScreen");
        relabel(collapse, state.isEnded ? "live.close" : state.isCollapsed ? "live.expand" : "live.collapse");
        collapse.setAttribute("aria-expanded", String(!state.isCollapsed));
        for (const part of [navigation, stage, status]) part.hidden = state.isCollapsed;
        hint.hidden = !isYours || state.isCollapsed;
        controls.hidden = state.isEnded || state.isCollapsed;
        tabs.hidden = state.tabs.size < 2 || state.isCollapsed;
        reduce.hidden = state.isCollapsed || state.zoom === zooms[0];
        enlarge.hidden = state.isCollapsed || state.zoom === zooms.at(-1);
        fullScreen.hidden = state.isCollapsed || !document.fullscreenEnabled;
        shown = { ...state, tabs: new Map(state.tabs) };
    }

    function drawAddress({ address: { url, title }, isAddressOld }) {
        const isSame = shown.address?.url === url && shown.isAddressOld === isAddressOld;
        if (!isSame) {
            address.replaceChildren(...addressWords(url), isAddressOld
                ? element("span", { class: "live-old" }, t("live.addressOld")) : "");
            address.title = title;
        }
        if (shown.address?.url !== url) entry.set(url);
    }

    return {
        elements: [head, navigation, tabs, stage, hint, controls, status], canvas, stage, keys, typeButton, draw,
        /** @param {string} words */
        tell: (words) => set(status, words),
    };
}

/** @param {PanelState} state */
function overlayWords({ isEnded, isEmpty, isConnected, owner }) {
    if (isEnded) return t("live.overlay.ended");
    if (!isConnected) return t("live.overlay.offline");
    if (owner === "taking") return t("live.overlay.taking");
    return isEmpty ? t("live.overlay.empty") : "";
}

/** An address with its host emphasized, because the host tells whose page it is. */
function addressWords(url) {
    if (!url) return [element("span", { class: "muted" }, t("live.noAddress"))];
    const parsed = webAddress(url);
    if (!parsed?.host) return [element("bdi", {}, url)];
    const rest = `${parsed.pathname}${parsed.search}`.replace(/^\/$/, "");
    return [
        runIcon(parsed.protocol === "https:" ? "lock" : "globe"),
        element("bdi", { class: "live-url" }, element("strong", {}, parsed.host), rest),
    ];
}

function addressEntry(go) {
    const id = freshID("address");
    const input = element("input", {
        class: "input", id, type: "text", inputmode: "url", autocomplete: "off", autocapitalize: "off",
        spellcheck: "false",
    });
    const form = element(
        "form", {
            class: "live-entry",
            onSubmit: (event) => {
                event.preventDefault();
                const text = input.value.trim();
                if (text) go(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`);
            },
        },
        element("label", { class: "visually-hidden", for: id }, t("live.address")), input,
        element("button", { class: "button", type: "submit" }, t("live.go")));
    return {
        element: form,
        set(url) {
            if (document.activeElement !== input) input.value = url;
        },
    };
}

/** @param {Partial<PanelState>} state */
function tabsText({ tabs, tab, owner }) {
    return JSON.stringify([[...(tabs ?? [])], tab, owner]);
}

function drawTabs(place, { tabs, tab: current }, isYours, open) {
    place.replaceChildren(...[...tabs].map(([tab, title], index) => element(
        "button", {
            class: "live-tab", type: "button", "aria-pressed": String(tab === current), disabled: !isYours, title,
            onClick: () => open(tab),
        },
        element("bdi", {}, title || t("live.tab", { number: index + 1 })))));
}

function iconButton(icon, key, onClick) {
    return element(
        "button", { class: "icon-button", type: "button", "aria-label": t(key), title: t(key), onClick },
        runIcon(icon));
}

function relabel(button, key) {
    button.setAttribute("aria-label", t(key));
    button.title = t(key);
}

function plainButton(key, onClick) {
    return element("button", { class: "button", type: "button", onClick }, t(key));
}
