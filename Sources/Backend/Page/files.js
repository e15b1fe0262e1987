import { confirmDanger } from "./dialogs.js";
import { element } from "./elements.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { runIcon } from "./run-icons.js";

/**
 * The card of a file that a website has sent, or that the user has attached.
 *
 * @typedef {{id: string, name: string, type: string, size: number, site?: string}} StoredFile
 * @typedef {object} Files The files of a chat.
 * @property {(file: StoredFile) => Promise<boolean>} has Whether it isn't deleted.
 * @property {(file: StoredFile) => Promise<Blob | null>} content
 * @property {(file: StoredFile) => Promise<Blob | null>} preview A picture for its thumbnail.
 * @property {(file: StoredFile) => Promise<boolean>} remove Returns whether it's deleted.
 */

/** Pictures that are larger aren't loaded for their thumbnail, in bytes. */
const largestThumbnail = 5 * 1024 * 1024;
/** Nor are those with more pixels decoded: a few kilobytes from a website may unpack to gigabytes. */
const mostPixels = 40_000_000;

/** What a web browser can show without running anything. The backend has the same list. */
const viewable = new Set([
    "application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain", "text/csv",
]);

/** @param {StoredFile} file @param {Files} files @param {boolean} [canDelete] */
export function fileCard(file, files, canDelete = true) {
    const status = element("p", { class: "file-status", role: "status" });
    const facts = [kindOf(file), sizeWords(file.size), file.site ? t("run.file.from", { site: hostOf(file.site) }) : ""];
    /** @returns {Promise<string | null>} An address of the file's bytes. */
    const load = async () => {
        status.textContent = t("run.file.loading");
        const blob = await files.content(file);
        status.textContent = blob ? "" : t("run.file.gone");
        if (!blob) return null;
        const address = URL.createObjectURL(blob);
        // The new tab, or the download, needs a moment to read the bytes.
        setTimeout(() => URL.revokeObjectURL(address), 60_000);
        return address;
    };
    const show = async () => {
        // Now, because the browser allows a new tab only right after the click.
        const tab = window.open();
        if (tab) tab.opener = null;
        const address = await load();
        if (address && tab) tab.location.replace(address);
        else if (address) keep(address, file.name);
        else tab?.close();
    };
    const save = async () => {
        const address = await load();
        if (address) keep(address, file.name);
    };
    const open = viewable.has(file.type)
        ? element(
            "button", { class: "button", type: "button", onClick: show }, runIcon("open"),
            element("span", {}, t("run.file.open"))) : null;
    const saveButton = element(
        "button", { class: "button", type: "button", onClick: save },
        runIcon("save"), element("span", {}, t("run.file.save")));
    const remove = async () => {
        const question = { title: t("run.file.delete.title"), text: t("run.file.delete.text", { name: file.name }) };
        if (await confirmDanger({ ...question, action: t("run.file.delete") }) && await files.remove(file)) showDeleted();
    };
    const removal = t("run.file.delete.of", { name: file.name });
    const removeButton = element(
        "button", { class: "icon-button", type: "button", "aria-label": removal, title: removal, onClick: remove }, icon("trash"));
    const name = element("h3", { class: "file-name", dir: "auto", tabindex: "-1" }, file.name);
    const thumbnail = element("div", { class: "file-thumbnail" }, runIcon("file"));
    const actions = element("div", { class: "file-actions" }, open, saveButton, canDelete ? removeButton : null);
    const card = element(
        "section", { class: "file-card" },
        element(
            "div", { class: "file-facts" }, thumbnail,
            element(
                "div", {}, name,
                element("p", { class: "muted" }, facts.filter(Boolean).join(" · ")))),
        actions, status);
    const showDeleted = () => {
        // The button that has the focus goes.
        if (actions.contains(document.activeElement)) name.focus();
        actions.remove();
        thumbnail.replaceChildren(runIcon("file"));
        status.textContent = t("run.file.deleted");
    };
    whenSeen(card, async () => {
        if (!await files.has(file)) return showDeleted();
        const picture = await thumbnailOf(file, files);
        if (picture) thumbnail.replaceChildren(picture);
    });
    return card;
}

/** @param {StoredFile} file @param {Files} files @returns {Promise<HTMLImageElement | null>} */
async function thumbnailOf(file, files) {
    const isPicture = file.type.startsWith("image/") && viewable.has(file.type) && file.size <= largestThumbnail;
    if (!isPicture && file.type !== "application/pdf") return null;
    const blob = await files.preview(file);
    if (!blob || (isPicture && !(await pixelsOf(blob) <= mostPixels))) return null;
    const picture = element("img", { src: URL.createObjectURL(blob), alt: "", decoding: "async" });
    const release = () => URL.revokeObjectURL(picture.src);
    // A picture that can't be decoded is none.
    return picture.decode().then(() => picture, () => null).finally(release);
}

/**
 * How many pixels a picture has by its header; not a number if that can't be told.
 * @param {Blob} blob
 */
async function pixelsOf(blob) {
    const head = new DataView(await blob.slice(0, 64 * 1024).arrayBuffer());
    try {
        switch (head.getUint16(0)) {
        case 0x8950: return head.getUint32(16) * head.getUint32(20); // PNG
        case 0x4749: return head.getUint16(6, true) * head.getUint16(8, true); // GIF
        case 0xffd8: // JPEG: the frame's header is one of the segments.
            for (let place = 2; head.getUint8(place) === 0xff; place += 2 + head.getUint16(place + 2)) {
                const marker = head.getUint8(place + 1);
                const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
                if (isFrame) return head.getUint16(place + 5) * head.getUint16(place + 7);
            }
            return NaN;
        default: return NaN;
        }
    } catch {
        return NaN;
    }
}

/** Calls `then` once, when the element comes into view. @param {HTMLElement} shown @param {() => void} then */
function whenSeen(shown, then) {
    const observer = new IntersectionObserver((entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        then();
    });
    observer.observe(shown);
}

function keep(address, name) {
    element("a", { href: address, download: name }).click();
}

function hostOf(site) {
    return site.replace(/^[a-z]+:\/\//i, "");
}

/** @param {StoredFile} file */
function kindOf({ name, type }) {
    const ending = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1] ?? "";
    return type === "application/pdf" ? "PDF" : ending.toUpperCase();
}

/** @param {number} size In bytes. */
export function sizeWords(size) {
    if (size < 1024) return t("run.file.bytes", { size });
    if (size < 1024 * 1024) return `${Math.round(size / 1024)} KB`;
    return `${(size / 1024 / 1024).toFixed(1)} MB`;
}
