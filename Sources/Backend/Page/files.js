import { element } from "./elements.js";
import { t } from "./i18n.js";
import { runIcon } from "./run-icons.js";

/**
 * The card of a file that a website has sent.
 *
 * @typedef {{id: string, name: string, type: string, size: number, site?: string}} StoredFile
 */

/** What a web browser can show without running anything. The backend has the same list. */
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
    /** @returns {Promise<string | null>} An address of the file's bytes. */
    const load = async () => {
        status.textContent = t("run.file.loading");
        const blob = await fetchFile(file);
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
    return element(
        "section", { class: "file-card" },
        element(
            "div", { class: "file-facts" }, runIcon("file"),
            element(
                "div", {}, element("h3", { class: "file-name", dir: "auto" }, file.name),
                element("p", { class: "muted" }, facts.filter(Boolean).join(" · ")))),
        element("div", { class: "file-actions" }, ...[open, saveButton].filter(Boolean)), status);
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
