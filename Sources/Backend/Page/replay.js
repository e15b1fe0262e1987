import { element, freshID } from "./elements.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { download } from "./save-chat.js";
import { runIcon } from "./run-icons.js";
import { webAddress } from "./web-address.js";

/**
 * The replay of a run: the pictures of its steps, one after the other, with a slider.
 *
 * @typedef {{id: string, title: string, address: string}} Shown A step.
 */

/**
 * Shows a replay until it is closed.
 * @param {Shown[]} steps At least one.
 * @param {(id: string) => Promise<string | null>} picture The object URL of a step's picture.
 */
export function showReplay(steps, picture) {
    const name = freshID("replay");
    const close = element(
        "button", { class: "icon-button", type: "button", "aria-label": t("run.picture.close") }, icon("close"));
    const image = element("img", { alt: "", hidden: true });
    const missing = element("p", { class: "muted" });
    const title = element("p", { class: "replay-title", "aria-live": "polite" });
    const host = element("bdi", { class: "replay-host" });
    const slider = element("input", {
        type: "range", min: 1, max: steps.length, step: 1, value: 1, "aria-label": t("run.replay.step"), autofocus: true,
    });
    const move = (/** @type {number} */ by) => {
        slider.value = String(Number(slider.value) + by);
        show();
    };
    const save = element("button", { class: "button", type: "button" }, t("run.replay.save"));
    save.addEventListener("click", async () => {
        save.disabled = true;
        try {
            download("replay.html", await asDocument(steps, find));
        } catch {
            missing.textContent = t("run.replay.failed");
        }
        save.disabled = false;
    });
    const before = button("run.replay.before", "before", () => move(-1));
    const after = button("run.replay.after", "after", () => move(1));
    const dialog = element(
        "dialog", { class: "picture-dialog replay", "aria-labelledby": name },
        element("div", { class: "picture-head" }, element("h2", { id: name }, t("run.replay")), save, close),
        element("div", { class: "replay-stage" }, image, missing), title, host,
        element("div", { class: "replay-controls" }, before, slider, after));

    /**
     * Also those that don't exist, so that moving back and forth asks for none twice.
     * @type {Map<string, Promise<string | null>>}
     */
    const known = new Map();
    const find = (/** @type {string} */ id) => {
        const found = known.get(id) ?? picture(id);
        known.set(id, found);
        return found;
    };

    /** The picture of a step, or of the last one before it that has one: text that is filled in has none of its own. */
    async function newest(/** @type {number} */ index) {
        for (const step of steps.slice(0, index + 1).reverse()) {
            const address = await find(step.id);
            if (address) return { step, address };
        }
        return null;
    }

    function show() {
        const index = Number(slider.value) - 1;
        const step = steps[index];
        title.textContent = t("run.replay.place", { place: index + 1, count: steps.length, title: step.title });
        slider.setAttribute("aria-valuetext", title.textContent);
        host.textContent = webAddress(step.address)?.host ?? "";
        before.disabled = index === 0;
        after.disabled = index === steps.length - 1;
        image.hidden = true;
        missing.textContent = t("run.replay.loading");
        void newest(index).then((found) => {
            // The user may have moved on.
            if (steps[Number(slider.value) - 1] !== step) return;
            image.hidden = !found;
            if (found) {
                image.src = found.address;
                image.alt = t("run.picture", { title: found.step.title });
            }
            missing.textContent = found?.step === step ? "" : t(found ? "run.replay.earlier" : "run.replay.missing");
        });
        const next = steps[index + 1];
        if (next) void find(next.id);
    }

    slider.addEventListener("input", show);
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    show();
}

/**
 * A document of its own with all steps and their pictures, to keep, print, or pass on.
 * @param {Shown[]} steps @param {(id: string) => Promise<string | null>} find @returns {Promise<Blob>}
 */
async function asDocument(steps, find) {
    const made = document.implementation.createHTMLDocument(t("run.replay"));
    made.documentElement.lang = document.documentElement.lang;
    made.head.append(element("meta", { charset: "utf-8" }));
    made.body.append(element("h1", {}, t("run.replay")));
    for (const [index, step] of steps.entries()) {
        const address = await find(step.id);
        made.body.append(element(
            "figure", {},
            element(
                "figcaption", {},
                t("run.replay.place", { place: index + 1, count: steps.length, title: step.title }), " ",
                element("small", {}, webAddress(step.address)?.host ?? "")),
            address ? element("img", { src: await dataOf(address), alt: t("run.picture", { title: step.title }) }) : null));
    }
    // As text, because this page's own policy allows no styles in a document.
    const text = new XMLSerializer().serializeToString(made.documentElement).replace("</head>", `<style>${documentStyle}</style></head>`);
    return new Blob(["<!doctype html>\n", text], { type: "text/html;charset=utf-8" });
}

const documentStyle = "body{max-width:60rem;margin:2rem auto;padding:0 1rem;font-family:system-ui,sans-serif}"
    + "figure{margin:2rem 0;break-inside:avoid}figcaption{margin-bottom:.5rem;font-weight:600}small{font-weight:400}"
    + "img{max-width:100%;border:1px solid #ccc}";

/** A picture as text that can stand in a document. @param {string} address */
async function dataOf(address) {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = element("canvas", { width: image.naturalWidth, height: image.naturalHeight });
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/jpeg", 0.85);
}

/** @param {string} key @param {string} kind @param {() => void} onClick */
function button(key, kind, onClick) {
    return element(
        "button", { class: `icon-button replay-${kind}`, type: "button", "aria-label": t(key), title: t(key), onClick },
        runIcon("chevron"));
}
