import { element } from "./elements.js";
import { t } from "./i18n.js";
import { runIcon } from "./run-icons.js";

/**
 * The card of a file that a website has sent.
 *
 * @typedef {{id: string, name: string, type: string, size: number, site?: string}} StoredFile
 */

/** What the browser can show by itself without running anything. The server decides this again. */
const viewable = new Set([
    "application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain", "text/csv",
]);

/**
 * @param {StoredFile} file
 * @param {(file: StoredFile) => Promise<Blob | null>} fetchFile
 */
export function fileCard(file, fetchFile) {
    const status = element("p", { class: "file-status", role: "status" });
    const facts = [kindOf(file), sizeWords(file.size), file.site ? t("run.file.from", { site: hostOf(file.site) }) : ""];
    const load = async (use) => {
        status.textContent = t("run.file.loading");
        const blob = await fetchFile(file);
        status.textContent = blob ? "" : t("run.file.gone");
        if (blob) use(URL.createObjectURL(blob));
    };
    const open = viewable.has(file.type)
        ? element(
            "button", { class: "button", type: "button", onClick: () => load(show) }, runIcon("open"),
            element("span", {}, t("run.file.open"))) : null;
    const save = element(
        "button", { class: "button", type: "button", onClick: () => load((address) => keep(address, file.name)) },
        runIcon("save"), element("span", {}, t("run.file.save")));
    return element(
        "section", { class: "file-card" },
        element(
            "div", { class: "file-facts" }, runIcon("file"),
            element(
                "div", {}, element("h3", { class: "file-name", dir: "auto" }, file.name),
                element("p", { class: "muted" }, facts.filter(Boolean).join(" · ")))),
        element("div", { class: "file-actions" }, ...[open, save].filter(Boolean)), status);
}

/** Opens an address of a file's bytes in a new tab. */
function show(address) {
    window.open(address, "_blank", "noopener");
    release(address);
}

function keep(address, name) {
    const link = element("a", { href: address, download: name });
    link.click();
    release(address);
}

/** The new tab, or the download, needs a moment to read the bytes. */
function release(address) {
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
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
