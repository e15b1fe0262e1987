/** Icons for steps, questions, and browser controls, drawn like those in icons.js. */

/** Paths in a 24 by 24 view box. */
const paths = {
    globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
    pointer: "M6 4l12 7-5.2 1.4L16 18l-2.4 1.3-3-5.4L7 18z",
    keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M17 10h.01M7 14h10",
    eye: "M2.5 12c3-5 6-7 9.5-7s6.5 2 9.5 7c-3 5-6 7-9.5 7s-6.5-2-9.5-7ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
    camera: "M4 7h4l1.5-2h5L16 7h4v12H4zM12 16a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
    question: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.5h.01",
    shield: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9 12l2 2 4-4",
    hand: "M8 13V6.5a1.5 1.5 0 0 1 3 0V11M11 10V4.5a1.5 1.5 0 0 1 3 0V11M14 10.5V6a1.5 1.5 0 0 1 3 0v8.5c0 "
        + "4-2 6.5-5.5 6.5S7 19 5.5 16.5l-1.800-2.900a1.5 1.5 0 0 1 2.5-1.600L8 14.5",
    list: "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01",
    search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.5 4.5",
    book: "M5 4h12a2 2 0 0 1 2 2v14H7a2 2 0 0 1-2-2zM5 18a2 2 0 0 1 2-2h12",
    bookmark: "M7 4h10v16l-5-4-5 4z",
    lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    tab: "M3 6h7l2 3h9v10H3z",
    scroll: "M12 4v16M7 9l5-5 5 5M7 15l5 5 5-5",
    back: "M19 12H5M11 6l-6 6 6 6",
    forward: "M5 12h14M13 6l6 6-6 6",
    reload: "M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6",
    upload: "M12 15V4M7 9l5-5 5 5M4 20h16",
    save: "M12 4v11M7 11l5 5 5-5M4 20h16",
    file: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
    dot: "M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
    done: "M5 12.5l4.5 4.5L19 7.5",
    failed: "M7 7l10 10M17 7L7 17",
    pause: "M9 6v12M15 6v12",
    clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3 2",
    open: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
    card: "M3 6h18v12H3zM3 10h18M7 15h4",
    warning: "M12 4l9 16H3zM12 10v4M12 17h.01",
    copy: "M9 9h11v11H9zM5 15H4V4h11v1",
    edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
    chevron: "M9 6l6 6-6 6",
    expand: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
    enlarge: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.5 4.5M11 8v6M8 11h6",
    reduce: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.5 4.5M8 11h6",
    person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21c1-5 4-7 8-7s7 2 8 7",
    agent: "M5 9h14v10H5zM12 9V5M9 13v2M15 13v2M12 5h.01",
    collapse: "M5 9l7 7 7-7",
};

/** @typedef {keyof typeof paths} RunIcon */

/** @param {RunIcon} name @returns {SVGSVGElement} */
export function runIcon(name) {
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("viewBox", "0 0 24 24");
    picture.setAttribute("aria-hidden", "true");
    picture.setAttribute("class", "icon");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", paths[name] ?? paths.dot);
    picture.append(path);
    return picture;
}

/** The icon of each tool. */
const tools = {
    navigate: "globe", browse: "globe", repeat_task: "reload", click: "pointer", click_at: "pointer", select_text: "pointer",
    hover: "pointer", drag: "pointer", check: "done",
    select: "list", fill: "keyboard", type: "keyboard", press: "keyboard", fill_secret: "lock", snapshot: "eye",
    read_page: "eye", find_text: "search", wait_for_text: "clock", screenshot: "camera", scroll: "scroll",
    go_back: "back", reload: "reload", tabs: "tab", downloads: "save", read_file: "file",
    read_table: "list", save_page: "save", upload: "upload", ask_person: "question", hand_over: "hand",
    update_plan: "list", web_search: "search", find_playbook: "book", remember: "bookmark", list_memories: "bookmark",
    forget: "bookmark", note: "bookmark", give_up: "failed",
};

/** @param {string} tool */
export function toolIcon(tool) {
    return runIcon(tools[tool] ?? "dot");
}
