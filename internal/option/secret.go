package option

import "slices"

// Hide takes the secrets out of the options and returns both; secrets are by their names
// in the table.
func (o Options) Hide() (open Options, secrets map[string]string) { return o.hide(nil) }

// Forget drops the secrets of the parts, of all when none is named, and tells whether there
// were any.
func (o Options) Forget(parts ...Part) (open Options, some bool) {
	open, secrets := o.hide(parts)
	return open, len(secrets) > 0
}

// hide takes the secrets of the parts out, of all when parts is nil. What o refers to
// stays as it is.
func (o Options) hide(parts []Part) (Options, map[string]string) {
	secrets := map[string]string{}
	for _, r := range table {
		if !r.Secret || parts != nil && !slices.Contains(parts, r.Part) {
			continue
		}
		if text, _ := r.value(&o).(string); text != "" {
			secrets[r.Name] = text
		}
	}
	if len(secrets) == 0 {
		return o, nil
	}
	return o.withSecrets(secrets, func(string) string { return "" }), secrets
}

// Reveal puts secrets back that Hide has taken out.
func (o Options) Reveal(secrets map[string]string) Options {
	return o.withSecrets(secrets, func(name string) string { return secrets[name] })
}

// withSecrets sets the options that are named to what text says.
func (o Options) withSecrets(names map[string]string, text func(name string) string) Options {
	if o.Webhook != nil {
		own := *o.Webhook
		o.Webhook = &own
	}
	for _, r := range table {
		if _, named := names[r.Name]; !named || !r.Secret || r.Part == ForWebhook && o.Webhook == nil {
			continue
		}
		r.at(&o).SetString(text(r.Name))
	}
	return o
}
