import TextCoding

extension DemoSite {
    /// The recipes for this site, which repeat a task on each of its pages.
    /// - Parameter origin: Where the site is.
    /// - Returns: The texts of the files, with their names.
    public static func recipes(at origin: String) -> [(file: String, text: String)] {
        let host = origin.split(separator: "/").last.map { $0.prefix { $0 != ":" } } ?? ""
        return self.recipeFiles.map { file, bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            return (
                file,
                text.replacing("https://demo.example", with: origin).replacing("demo.example", with: String(host))
            )
        }
    }

    private static let recipeFiles: [(String, [UInt8])] = [
        ("member-points.json", PackageResources.member_points_json),
        ("nearest-office.json", PackageResources.nearest_office_json),
        ("office-hours.json", PackageResources.office_hours_json),
        ("open-summonses.json", PackageResources.open_summonses_json),
        ("pay-road-tax.json", PackageResources.pay_road_tax_json),
        ("queue-number.json", PackageResources.queue_number_json),
        ("road-tax-end.json", PackageResources.road_tax_end_json),
        ("road-tax-price.json", PackageResources.road_tax_price_json),
        ("road-tax-receipt.json", PackageResources.road_tax_receipt_json),
        ("send-document.json", PackageResources.send_document_json),
        ("vehicle-model.json", PackageResources.vehicle_model_json),
    ]
}
