// APIs that browsers have but TypeScript 4.8 doesn't declare, and the global of marked, which the page loads.

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
    // In the `toggle` event of popovers.
    readonly newState?: "open" | "closed";
}

interface Location {
    assign(url: string | URL): void;
}

interface Window {
    marked: any;
}
declare class CompressionStream { constructor(format: string); readable: ReadableStream; writable: WritableStream; }
