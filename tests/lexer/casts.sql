SELECT a::int, '1'::numeric(10, 2), :name, a::text COLLATE "C", b ::date
