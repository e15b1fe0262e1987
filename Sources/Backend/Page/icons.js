/** Icons, drawn as strokes in the text color. */

/** Paths in a 24 by 24 view box. */
const paths = {
    plus: "M12 5v14M5 12h14",
    close: "M6 6l12 12M18 6L6 18",
    menu: "M4 7h16M4 12h16M4 17h10",
    search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.5 4.5",
    more: "M5 12h.01M12 12h.01M19 12h.01",
    attach: "M8 12.5l6.2-6.2a3 3 0 0 1 4.2 4.2l-8 8a5 5 0 0 1-7-7l7.6-7.6",
    send: "M12 19V5M6 11l6-6 6 6",
    stop: "M7.5 7.5h9v9h-9z",
    edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
    pin: "M9 4h6l-1 6 4 4H6l4-4zM12 14v6",
    archive: "M4 5h16v4H4zM6 9v10h12V9M10 13h4",
    restore: "M4 5h16v4H4zM6 9v10h12V9M12 17v-5M9.5 14l2.5-2.5 2.5 2.5",
    trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
    save: "M12 4v11M7 11l5 5 5-5M4 20h16",
    settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8 19.5a2.5 2.5 0 1 0 0-5 "
        + "2.5 2.5 0 0 0 0 5Z",
    key: "M9 18a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 11l8-8M16.5 6.5l3 3",
    keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M17 10h.01M7 14h10",
    signOut: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
    warning: "M12 4l9 16H3zM12 10v4M12 17h.01",
    done: "M5 12.5l4.5 4.5L19 7.5",
    car: "M4 16v-4l2-5h12l2 5v4M4 12h16M4 16h16M7 16v2.5M17 16v2.5M7.5 14h.01M16.5 14h.01",
    place: "M12 21s7-6 7-11a7 7 0 1 0-14 0c0 5 7 11 7 11ZM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
    card: "M3 6h18v12H3zM3 10h18M7 15h4",
    hand: "M8 13V6.5a1.5 1.5 0 0 1 3 0V11M11 10V4.5a1.5 1.5 0 0 1 3 0V11M14 10.5V6a1.5 1.5 0 0 1 3 0v8.5c0 4-2 6.5-5.5 "
        + "6.5S7 19 5.5 16.5L3.7 13.6a1.5 1.5 0 0 1 2.5-1.6L8 14.5",
};

/** @typedef {keyof typeof paths} Icon */

/** @param {Icon} name @returns {SVGSVGElement} */
export function icon(name) {
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("viewBox", "0 0 24 24");
    picture.setAttribute("aria-hidden", "true");
    picture.setAttribute("class", "icon");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", paths[name]);
    picture.append(path);
    return picture;
}

/** Inserts icons into the elements with a `data-icon` attribute. @param {ParentNode} root */
export function placeIcons(root) {
    for (const place of root.querySelectorAll("[data-icon]")) place.replaceChildren(icon(place.dataset.icon));
}
