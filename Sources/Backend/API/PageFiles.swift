/// The page's files, embedded in the executable.
enum PageFiles {
    static let openAPI = PackageResources.openapi_json

    #if PAGE_BUNDLE
        /// What `scripts/bundle-page.sh` has made: the document, and all scripts and styles in few parts.
        static let bundle: [String: [UInt8]]? = Self.parts(PackageResources.page_bundle)
    #else
        static let bundle: [String: [UInt8]]? = nil
    #endif

    /// Splits the bundle's file: for each part a line `NAME BYTES`, and its content.
    static func parts(_ file: [UInt8]) -> [String: [UInt8]] {
        var parts: [String: [UInt8]] = [:]
        var rest = file[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let head = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
            guard head.count == 2, let size = Int(head[1]) else { break }
            parts[String(head[0])] = Array(rest[(end + 1)...].prefix(size))
            rest = rest[(end + 1)...].dropFirst(size)
        }
        return parts
    }

    /// The document for the plain modules.
    static let index = PackageResources.index_html

    /// The plain modules and styles, by their names under `/assets/`.
    static let all: [String: [UInt8]] = [
        "announcer.js": PackageResources.announcer_js,
        "answer-words.js": PackageResources.answer_words_js,
        "api.js": PackageResources.api_js,
        "app.css": PackageResources.app_css,
        "app.js": PackageResources.app_js,
        "archived.js": PackageResources.archived_js,
        "attachments.js": PackageResources.attachments_js,
        "browser-input.js": PackageResources.browser_input_js,
        "browser-keys.js": PackageResources.browser_keys_js,
        "card-bodies.js": PackageResources.card_bodies_js,
        "card-form.js": PackageResources.card_form_js,
        "cards.css": PackageResources.cards_css,
        "cards.js": PackageResources.cards_js,
        "character-references.js": PackageResources.character_references_js,
        "chat-row.js": PackageResources.chat_row_js,
        "chat.js": PackageResources.chat_js,
        "chats.css": PackageResources.chats_css,
        "chats.js": PackageResources.chats_js,
        "composer.js": PackageResources.composer_js,
        "connection-banner.js": PackageResources.connection_banner_js,
        "deletions.js": PackageResources.deletions_js,
        "delivery.js": PackageResources.delivery_js,
        "dialogs.js": PackageResources.dialogs_js,
        "drawer.js": PackageResources.drawer_js,
        "elements.js": PackageResources.elements_js,
        "errors.js": PackageResources.errors_js,
        "files.js": PackageResources.files_js,
        "gate.js": PackageResources.gate_js,
        "i18n-en.js": PackageResources.i18n_en_js,
        "i18n-ms.js": PackageResources.i18n_ms_js,
        "i18n-run-en.js": PackageResources.i18n_run_en_js,
        "i18n-run-ms.js": PackageResources.i18n_run_ms_js,
        "i18n.js": PackageResources.i18n_js,
        "icon.svg": PackageResources.icon_svg,
        "icons.js": PackageResources.icons_js,
        "kept.js": PackageResources.kept_js,
        "live-control.js": PackageResources.live_control_js,
        "live-panel.js": PackageResources.live_panel_js,
        "live-screen.js": PackageResources.live_screen_js,
        "live-view.js": PackageResources.live_view_js,
        "live.css": PackageResources.live_css,
        "manifest.json": PackageResources.manifest_json,
        "markdown-elements.js": PackageResources.markdown_elements_js,
        "markdown-parser.js": PackageResources.markdown_parser_js,
        "markdown-tokens.js": PackageResources.markdown_tokens_js,
        "markdown.css": PackageResources.markdown_css,
        "markdown.js": PackageResources.markdown_js,
        "menu.js": PackageResources.menu_js,
        "message-list.js": PackageResources.message_list_js,
        "model-dialog.js": PackageResources.model_dialog_js,
        "narrow.css": PackageResources.narrow_css,
        "notices.js": PackageResources.notices_js,
        "on-demand.js": PackageResources.on_demand_js,
        "outbox.js": PackageResources.outbox_js,
        "page.js": PackageResources.page_js,
        "panels.css": PackageResources.panels_css,
        "pictures.js": PackageResources.pictures_js,
        "popup-menu.js": PackageResources.popup_menu_js,
        "preferences.js": PackageResources.preferences_js,
        "print.css": PackageResources.print_css,
        "recipes.js": PackageResources.recipes_js,
        "replay.js": PackageResources.replay_js,
        "router.js": PackageResources.router_js,
        "run-entries.js": PackageResources.run_entries_js,
        "run-icons.js": PackageResources.run_icons_js,
        "run-pieces.js": PackageResources.run_pieces_js,
        "run-state.js": PackageResources.run_state_js,
        "run-view.js": PackageResources.run_view_js,
        "run.css": PackageResources.run_css,
        "save-chat.js": PackageResources.save_chat_js,
        "scroll-anchor.js": PackageResources.scroll_anchor_js,
        "shortcuts.js": PackageResources.shortcuts_js,
        "sign-in.js": PackageResources.sign_in_js,
        "socket.js": PackageResources.socket_js,
        "splitter.js": PackageResources.splitter_js,
        "starters.js": PackageResources.starters_js,
        "step-titles.js": PackageResources.step_titles_js,
        "steps.css": PackageResources.steps_css,
        "steps.js": PackageResources.steps_js,
        "tar.js": PackageResources.tar_js,
        "theme.js": PackageResources.theme_js,
        "toasts.js": PackageResources.toasts_js,
        "tokens.css": PackageResources.tokens_css,
        "typing.js": PackageResources.typing_js,
        "web-address.js": PackageResources.web_address_js,
        "your-data.js": PackageResources.your_data_js,
    ]
}
