import RuntimeProtocol

/// Terms for the labels of elements in other languages. They only let the agent ask the user before a click. An action
/// that no table covers is blocked when its request is about to be sent.
extension ActionLexicon {
    /// Whole words in German, French, Spanish, Portuguese, Italian, Dutch, Polish, Turkish, Russian, Arabic, Hindi,
    /// Tamil, Vietnamese, and Indonesian.
    static let further: [ActionKind: Set<String>] = [
        .pay: [
            "kaufen", "bezahlen", "zahlen", "zahlungspflichtig", "payer", "acheter", "pagar", "comprar", "paga",
            "pagare",
            "acquista", "compra", "betalen", "kopen", "afrekenen", "zapłać", "kup", "kupuję", "öde", "satın al",
            "ödeme yap",
            "оплатить", "купить", "заплатить", "ادفع", "اشتر", "شراء", "الدفع", "भुगतान", "खरीदें", "செலுத்து", "வாங்கு",
            "thanh toán", "mua", "mua ngay", "bayar sekarang",
        ],
        .delete: [
            "löschen", "stornieren", "kündigen", "supprimer", "résilier", "eliminar", "borrar", "excluir",
            "apagar",
            "elimina", "verwijderen", "opzeggen", "usuń", "sil", "удалить", "حذف", "احذف", "हटाएं", "मिटाएं", "நீக்கு", "xóa",
            "xoá",
        ],
        .sign: [
            "unterschreiben", "unterzeichnen", "firmar", "assinar", "ondertekenen", "podpisz", "imzala",
            "подписать", "توقيع", "हस्ताक्षर", "கையொப்பமிடு", "ký",
        ],
        .send: [
            "senden", "absenden", "abschicken", "veröffentlichen", "envoyer", "publier", "enviar", "publicar", "invia",
            "pubblica", "verzenden", "versturen", "wyślij", "opublikuj", "gönder", "paylaş", "отправить",
            "опубликовать",
            "إرسال", "أرسل", "نشر", "भेजें", "அனுப்பு", "gửi", "kirim",
        ],
        .submit: [
            "bestellen", "buchen", "beantragen", "réserver", "reservar", "pedir", "prenota", "ordina",
            "reserveren", "zamów", "zarezerwuj", "sipariş ver", "rezervasyon yap", "заказать", "забронировать", "احجز",
            "اطلب", "बुक करें", "பதிவு செய்", "đặt hàng", "đặt vé", "pesan sekarang",
        ],
    ]

    /// Substrings for Chinese, Japanese, Korean, and Thai, which do not reliably separate words with spaces.
    static let furtherParts: [ActionKind: [String]] = [
        .pay: [
            "付款", "支付", "购买", "購買", "结账", "結帳", "支払", "購入", "決済", "결제", "구매", "지불", "ชำระ", "จ่ายเงิน", "ซื้อ",
        ],
        .delete: ["删除", "刪除", "注销", "削除", "退会", "解約", "삭제", "탈퇴", "해지", "ลบ"],
        .sign: ["签署", "簽署", "签名", "署名", "서명", "ลงนาม"],
        .send: ["发送", "發送", "发布", "發佈", "送信", "投稿", "전송", "보내기", "게시", "ส่ง", "โพสต์"],
        .submit: ["提交", "下单", "下單", "预订", "預訂", "注文", "予約", "申し込", "주문", "예약", "신청", "สั่งซื้อ", "จอง"],
    ]

    /// Phrases that contain one of ``furtherParts`` but mean something else: order histories, lists, payment methods,
    /// message boards, delivery.
    static let furtherOthers = [
        "支付方式", "支付宝", "付款方式", "发布时间", "发布日期", "购买记录", "购物车", "注文履歴", "注文一覧", "予約確認", "予約一覧",
        "購入履歴", "投稿一覧", "投稿者", "支払方法", "お支払い方法", "주문내역", "주문 내역", "구매후기", "구매 내역", "결제수단",
        "게시판", "게시글", "จัดส่ง", "ส่งฟรี", "ขนส่ง",
    ]
}
