SELECT d.id, d.kind, d.details, d.note, d.action_text, d.performance_note FROM my_data_page(coalesce($2, 0), $1) d
