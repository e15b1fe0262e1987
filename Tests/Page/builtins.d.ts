// What browsers have and the declarations of TypeScript 4.8 lack, and the globals of the libraries that the page loads.

interface Array<T> {
    findLast(check: (value: T, index: number) => unknown): T | undefined;
    findLastIndex(check: (value: T, index: number) => unknown): number;
}

interface MapConstructor {
    groupBy<K, T>(items: Iterable<T>, key: (item: T) => K): Map<K, T[]>;
}

interface HTMLElement {
    showPopover(): void;
    hidePopover(): void;
    togglePopover(): void;
}

interface Event {
    // Of the event `toggle` of popovers.
    readonly newState?: "open" | "closed";
}

interface Location {
    assign(url: string | URL): void;
}

interface Window {
    marked: any;
    DOMPurify: any;
    shadowNode?: { __depth: number };
}
