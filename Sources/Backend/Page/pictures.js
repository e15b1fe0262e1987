import { element } from "./elements.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";

/** The pictures of steps: fetched when first shown, cached, and enlarged in a dialog. */
export class Pictures {
    #fetch;
    /** @type {Map<string, Promise<string | null>>} By the step's ID. */
    #known = new Map();

    /** @param {(toolCallId: string) => Promise<string | null>} fetch Returns an object URL. */
    constructor(fetch) {
        this.#fetch = fetch;
    }

    /**
     * A thumbnail, or an empty element if the step has no picture.
     * @param {string} id
     * @param {string} title What the step did.
     * @param {string} words What the picture shows.
     */
    thumbnail(id, title, words = t("run.picture", { title })) {
        const place = element("div", { class: "thumbnail-place" });
        this.picture(id).then((address) => {
            if (!address) return;
            place.append(
                element(
                    "button", {
                        class: "thumbnail", type: "button", "aria-label": t("run.picture.enlarge", { words }),
                        onClick: () => enlarge(address, words),
                    },
                    element("img", { src: address, alt: "", loading: "lazy", decoding: "async" })));
        });
        return place;
    }

    /** The object URL of a step's picture. @param {string} id @returns {Promise<string | null>} */
    picture(id) {
        let picture = this.#known.get(id);
        if (picture) return picture;
        picture = this.#fetch(id).catch(() => null).then((address) => {
            // The picture may be stored a moment later, so allow another attempt.
            if (!address) this.#known.delete(id);
            return address;
        });
        this.#known.set(id, picture);
        return picture;
    }

    /** Releases the pictures' memory. */
    clear() {
        for (const picture of this.#known.values()) {
            picture.then((address) => { if (address) URL.revokeObjectURL(address); });
        }
        this.#known.clear();
    }
}

function enlarge(address, words) {
    const close = element(
        "button", { class: "icon-button", type: "button", "aria-label": t("run.picture.close") }, icon("close"));
    const dialog = element(
        "dialog", { class: "picture-dialog", "aria-label": words },
        element("div", { class: "picture-head" }, element("p", {}, words), close),
        element("img", { src: address, alt: words }));
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
}
