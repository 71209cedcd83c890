package hash

// isFunctionWord tells whether a folded word is one of those that hold sentences
// together and are in every text: articles, prepositions, auxiliaries, question words.
// A query of plain language is half made of them. Which words are rare could be
// counted only over all texts, which one text's vector must not depend on, so the
// commonest of some languages are given, but for those that are a noun of another (war,
// man, son). The lists are part of the method's version.
func isFunctionWord(word string) bool {
	switch word {
	// English, with what an apostrophe leaves.
	case "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "are",
		"as", "at", "be", "because", "been", "before", "being", "between", "both", "but",
		"by", "can", "could", "did", "do", "does", "doing", "done", "down", "during",
		"each", "either", "every", "few", "for", "from", "had", "has", "have", "having",
		"he", "her", "here", "him", "his", "how", "however", "i", "if", "in", "into",
		"is", "it", "its", "just", "ll", "may", "me", "might", "more", "most", "much",
		"must", "my", "no", "nor", "not", "now", "of", "off", "on", "once", "one", "only",
		"or", "other", "our", "out", "over", "own", "re", "s", "same", "shall", "she",
		"should", "since", "so", "some", "such", "t", "than", "that", "the", "their",
		"them", "then", "there", "these", "they", "this", "those", "through", "to", "too",
		"under", "until", "up", "upon", "us", "ve", "very", "was", "we", "were", "what",
		"when", "where", "whether", "which", "while", "who", "whom", "whose", "why",
		"will", "with", "within", "without", "would", "yet", "you", "your":
		return true
	// German.
	case "aber", "als", "auch", "auf", "aus", "bei", "beim", "bis", "da", "damit", "dann",
		"das", "dass", "dem", "den", "denn", "der", "des", "die", "dies", "diese",
		"dieser", "dieses", "doch", "du", "durch", "ein", "eine", "einem", "einen",
		"einer", "eines", "er", "es", "für", "gegen", "hatte", "haben", "ich",
		"ihr", "ihre", "im", "ist", "ja", "kann", "kein", "keine", "mit", "nach",
		"nicht", "noch", "nur", "ob", "oder", "ohne", "sein", "seine", "sich", "sie",
		"sind", "soll", "über", "um", "und", "uns", "unter", "vom", "von", "vor", "wann",
		"waren", "warum", "weil", "welche", "welcher", "welches", "wenn",
		"wer", "werden", "wie", "wir", "wird", "wo", "worden", "wurde", "wurden", "zu",
		"zum", "zur", "zwischen":
		return true
	// French.
	case "au", "aux", "avec", "ce", "ces", "cette", "comme", "dans",
		"de", "donc", "elle", "elles", "en", "est", "et", "était", "être", "il",
		"ils", "je", "l", "la", "le", "les", "leur", "leurs", "lui", "mais",
		"ne", "nous", "où", "ou", "par", "pas", "plus", "pour", "pourquoi", "qu",
		"quand", "que", "quel", "quelle", "quelles", "quels", "qui", "sa", "sans", "se",
		"ses", "sont", "sous", "sur", "tous", "tout", "un", "une", "vous":
		return true
	// Spanish.
	case "al", "como", "cómo", "con", "cual", "cuál", "cuando", "cuándo", "del", "desde",
		"donde", "dónde", "el", "ella", "ellos", "entre", "era", "ese", "esta", "está",
		"este", "esto", "fue", "ha", "han", "hasta", "hay", "las", "lo", "los",
		"más", "muy", "ni", "o", "para", "pero", "por", "porque", "qué", "quien", "quién",
		"sobre", "su", "sus", "también", "una", "unos", "y", "ya":
		return true
	}
	return false
}
