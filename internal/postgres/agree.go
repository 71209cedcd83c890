package postgres

import "context"

// Difference is a setting that a server has otherwise than those that began before it.
type Difference struct{ Name, Here, There string }

// Agree compares settings with those of the servers that share the database. While no other
// is alive, which alone tells, they become what is agreed.
func (db *DB) Agree(ctx context.Context, settings map[string]string, alone func(ctx context.Context) (bool, error)) (different []Difference, err error) {
	err = db.Write(ctx, func(ctx context.Context) error {
		different = nil
		if err := db.Lock(ctx, "settings"); err != nil {
			return err
		}
		agreed, err := db.agreed(ctx)
		if err != nil {
			return err
		}
		for name, here := range settings {
			if there, ok := agreed[name]; ok && there != here {
				different = append(different, Difference{name, here, there})
			}
		}
		if len(different) > 0 {
			if only, err := alone(ctx); err != nil || !only {
				return err
			}
			different = nil
		}
		for name, value := range settings {
			_, err := db.Exec(ctx, `INSERT INTO postgres_setting (name, value) VALUES ($1, $2)
				ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, Text(value))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return different, err
}

func (db *DB) agreed(ctx context.Context) (map[string]string, error) {
	rows, err := db.Query(ctx, "SELECT name, value FROM postgres_setting")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	agreed := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		agreed[name] = value
	}
	return agreed, rows.Err()
}
