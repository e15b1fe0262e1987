/**
 * The files that the next message takes along: chosen with a button, pasted, or dropped on the page. They're uploaded when
 * the message is sent.
 *
 * @typedef {{ file_bytes: number, message_files: number }} FileLimits
 */

import { element } from "./elements.js";
import { sizeWords } from "./files.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

export class Attachments {
    #limits;
    #onChange;
    /** @type {File[]} */
    #files = [];

    #input = element("input", { type: "file", multiple: true, hidden: true, tabindex: -1 });
    button = element("button", { class: "icon-button attach", type: "button" }, icon("attach"));
    list = element("ul", { class: "attachments", hidden: true });
    error = element("p", { class: "field-error", role: "alert", hidden: true });

    /** @param {HTMLElement} area Where files may be dropped. @param {FileLimits} limits @param {() => void} onChange */
    constructor(area, limits, onChange) {
        this.#limits = limits;
        this.#onChange = onChange;
        this.button.append(this.#input);
        this.button.addEventListener("click", () => this.#input.click());
        this.#input.addEventListener("click", (event) => event.stopPropagation());
        this.#input.addEventListener("change", () => {
            this.add([...this.#input.files]);
            this.#input.value = "";
        });
        this.#takeDrops(area);
        document.addEventListener("ai4ai:language", () => this.#draw());
        this.#draw();
    }

    get files() {
        return this.#files;
    }

    /** @param {File[]} files */
    set files(files) {
        this.#files = files;
        this.#say("");
        this.#draw();
        this.#onChange();
    }

    /** Adds what fits the limits, and says what doesn't. @param {File[]} files */
    add(files) {
        const tooLarge = files.find((file) => file.size > this.#limits.file_bytes);
        const fitting = files.filter((file) => file.size <= this.#limits.file_bytes);
        const room = this.#limits.message_files - this.#files.length;
        this.files = [...this.#files, ...fitting.slice(0, room)];
        if (tooLarge) {
            this.#say(t("composer.fileTooLarge", { name: tooLarge.name, limit: sizeWords(this.#limits.file_bytes) }));
        } else if (fitting.length > room) {
            this.#say(t("composer.tooManyFiles", { count: this.#limits.message_files }));
        }
    }

    /** Takes the files of a paste. @param {ClipboardEvent} event */
    paste(event) {
        const files = [...event.clipboardData?.files ?? []];
        // Office programs put a picture of copied text beside the text.
        if (!files.length || event.clipboardData?.types.includes("text/plain")) return;
        event.preventDefault();
        this.add(files);
    }

    #takeDrops(area) {
        const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
        area.addEventListener("dragover", (event) => {
            if (!hasFiles(event)) return;
            event.preventDefault();
            area.classList.add("is-drop-target");
        });
        area.addEventListener("dragleave", (event) => {
            if (!area.contains(event.relatedTarget)) area.classList.remove("is-drop-target");
        });
        area.addEventListener("drop", (event) => {
            if (!hasFiles(event)) return;
            event.preventDefault();
            area.classList.remove("is-drop-target");
            const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
            const folder = items.find((item) => item.webkitGetAsEntry?.()?.isDirectory);
            if (folder) return this.#say(t("composer.folder"));
            this.add([...event.dataTransfer.files]);
        });
    }

    #say(words) {
        this.error.textContent = words;
        this.error.hidden = !words;
    }

    #draw() {
        this.button.setAttribute("aria-label", t("composer.attach"));
        this.button.title = t("composer.attach");
        this.list.setAttribute("aria-label", t("composer.attachments"));
        this.list.hidden = !this.#files.length;
        this.list.replaceChildren(...this.#files.map((file) => element(
            "li", { class: "attachment" },
            element("span", { class: "attachment-name", dir: "auto" }, file.name),
            element("span", { class: "muted" }, sizeWords(file.size)),
            element("button", {
                class: "icon-button small", type: "button", "aria-label": t("composer.detach", { name: file.name }),
                onClick: () => { this.files = this.#files.filter((other) => other !== file); },
            }, icon("close")))));
    }
}
