BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE applications (
	application_id VARCHAR(26) NOT NULL, 
	session_id VARCHAR(26) NOT NULL, 
	terminal_id VARCHAR(80) NOT NULL, 
	idempotency_key VARCHAR(80) NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	holder_ref VARCHAR(64) NOT NULL, 
	municipality VARCHAR(5) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	copies INTEGER NOT NULL, 
	fee_total INTEGER NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	at_issuing BOOLEAN NOT NULL, 
	received_at BIGINT NOT NULL, 
	changed_at BIGINT NOT NULL, 
	paid_at BIGINT, 
	reason VARCHAR(200) NOT NULL, 
	answer TEXT, 
	failure TEXT, lapsed_at BIGINT, 
	PRIMARY KEY (application_id), 
	CONSTRAINT one_application_per_key UNIQUE (terminal_id, idempotency_key), 
	FOREIGN KEY(session_id) REFERENCES sessions (session_id)
);
INSERT INTO "applications" VALUES('01KT5FX4M0S30EG58PQ46VB3AW','01KT5FX4M0D96SHX7E7F58GY6F','KIOSK-STORE-01','09e797842cff0698452871be3121f8b5','c91d6f9c576405a01d51d0032494bd1de296aca7aea8f652c88743c76002da39','2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37','28100','seal_registration',1,250,'handed_over',0,1780448400000017,1780448400000017,1780448400000017,'','{"text":"{\"application_id\":\"01KT5FX4M0S30EG58PQ46VB3AW\",\"session_id\":\"01KT5FX4M0D96SHX7E7F58GY6F\",\"terminal_id\":\"KIOSK-STORE-01\",\"holder_ref\":\"2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37\",\"kind\":\"seal_registration\",\"municipality\":\"28100\",\"copies\":1,\"fee_total\":250,\"generation\":1,\"received_at\":\"2026-06-03T10:00:00.000017+09:00\",\"sheets\":[{\"number\":1,\"copy_number\":1,\"k\":1,\"n\":1,\"sha256\":\"6c8c5cca678c3c25f353a20a15d90f5054447ba85edd065ed435742f36ee708d\",\"subjects\":[\"6f6cae188fef7a6ba9b1816bb98ad42edc391dae7f1b7a6110eece1652039bbf\"],\"issue_number\":\"28100-20260603-R6H8-4MA4-XCCH\",\"secret_boxes\":[]}]}","signature":"pRxwidgz5VXr7IparHstZpS44qAFa3MPnYj2j/zvayJCEHwKl7iNSe+H8thtFTTEmXz4sOZjTC4VSXCa66R3Aw==","key_id":"f38e35d3aaa4e75f"}',NULL,NULL);
INSERT INTO "applications" VALUES('01KT5FX4M0B1ZXGRFNE2CGJST8','01KT5FX4M0CX5TJ4M365HZFHMT','KIOSK-STORE-01','49dd032033c4db4c0013b17d26b8a41b','ac975e65ed5ec847fee274d1f77a058614af089b1e84676fe0cd76ebb62b303c','2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37','28100','residence',1,250,'cancelled',0,1780448400000017,1780448400000017,NULL,'done','{"text":"{\"application_id\":\"01KT5FX4M0B1ZXGRFNE2CGJST8\",\"session_id\":\"01KT5FX4M0CX5TJ4M365HZFHMT\",\"terminal_id\":\"KIOSK-STORE-01\",\"holder_ref\":\"2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37\",\"kind\":\"residence\",\"municipality\":\"28100\",\"copies\":1,\"fee_total\":250,\"generation\":1,\"received_at\":\"2026-06-03T10:00:00.000017+09:00\",\"sheets\":[{\"number\":1,\"copy_number\":1,\"k\":1,\"n\":1,\"sha256\":\"9412eef4cbc2941a206b34c0773d45fa363498808731efcbba8d02b740aa2347\",\"subjects\":[\"6f6cae188fef7a6ba9b1816bb98ad42edc391dae7f1b7a6110eece1652039bbf\"],\"issue_number\":\"28100-20260603-FBFM-F49Q-692X\",\"secret_boxes\":[]}]}","signature":"sbX231NhCXDV25twzvyNi+9Zs16lZE1jqri/HzAvPM4ALMH5O4iFGKsaKEvg3OlD1P10eQH3LhYAItm5uMKnCA==","key_id":"f38e35d3aaa4e75f"}',NULL,NULL);
INSERT INTO "applications" VALUES('01KT5FX4M0XCX8KW98KZK9H4QN','01KT5FX4M0H0PRZQ2Y9KHS16HH','KIOSK-STORE-01','fc597aa1bd139d676ef6e9d4b6372b9e','095385cdb724fa8c628c5fd74beb6e0fb6887e0ea98eaae288266b7b1605799f','2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37','28100','residence',2,500,'paid',0,1780448400000017,1780448400000017,1780448400000017,'','{"text":"{\"application_id\":\"01KT5FX4M0XCX8KW98KZK9H4QN\",\"session_id\":\"01KT5FX4M0H0PRZQ2Y9KHS16HH\",\"terminal_id\":\"KIOSK-STORE-01\",\"holder_ref\":\"2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37\",\"kind\":\"residence\",\"municipality\":\"28100\",\"copies\":2,\"fee_total\":500,\"generation\":1,\"received_at\":\"2026-06-03T10:00:00.000017+09:00\",\"sheets\":[{\"number\":1,\"copy_number\":1,\"k\":1,\"n\":1,\"sha256\":\"0aa54c561f8df77aad0f39210cbd9bd8ce5c80220f1feb5c166e3d1621552f16\",\"subjects\":[\"6f6cae188fef7a6ba9b1816bb98ad42edc391dae7f1b7a6110eece1652039bbf\"],\"issue_number\":\"28100-20260603-NEN5-239V-8AM3\",\"secret_boxes\":[]},{\"number\":2,\"copy_number\":2,\"k\":1,\"n\":1,\"sha256\":\"eb603aa4d440c869a333ef26e8ad60eee128974e6816e208f1ee78c2a4a34b41\",\"subjects\":[\"6f6cae188fef7a6ba9b1816bb98ad42edc391dae7f1b7a6110eece1652039bbf\"],\"issue_number\":\"28100-20260603-FCEG-88X9-PCFH\",\"secret_boxes\":[]}]}","signature":"Ykr+DayFUBQx1n+byuxisdkoazivpCF+3UsAXOPeWpPtyl+NTnPfLgSeKukDbO3oKnXsxyO3lPwSpe/amfFtDw==","key_id":"f38e35d3aaa4e75f"}',NULL,NULL);
INSERT INTO "applications" VALUES('01KT5FX4M09P64V4ZTMMZD88BN','01KT5FX4M01KTHVEJW3SYE67V9','KIOSK-STORE-01','66353e3732d685ddb04851977114f970','1e57e01c0ae681deeafdf90e2fb777ff4ec40d2526cca1d44682a018e122b5bd','2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37','28100','residence',1,250,'prepared',0,1780448400000017,1780448400000017,NULL,'','{"text":"{\"application_id\":\"01KT5FX4M09P64V4ZTMMZD88BN\",\"session_id\":\"01KT5FX4M01KTHVEJW3SYE67V9\",\"terminal_id\":\"KIOSK-STORE-01\",\"holder_ref\":\"2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37\",\"kind\":\"residence\",\"municipality\":\"28100\",\"copies\":1,\"fee_total\":250,\"generation\":1,\"received_at\":\"2026-06-03T10:00:00.000017+09:00\",\"sheets\":[{\"number\":1,\"copy_number\":1,\"k\":1,\"n\":1,\"sha256\":\"8132df5afe1acd193548261cacc4177d45853f361c36675ec4433d5cfcdb9e9b\",\"subjects\":[\"6f6cae188fef7a6ba9b1816bb98ad42edc391dae7f1b7a6110eece1652039bbf\"],\"issue_number\":\"28100-20260603-VGRB-ZMXY-KA4K\",\"secret_boxes\":[]}]}","signature":"stRRbbWzLnR9vOh0Wr3KFPXp6kii4QELBY1Omc8s8wLhk7mi1fD6OBIV21GdNQXBX7WjYSGbfKNQfE8uE9dfAQ==","key_id":"f38e35d3aaa4e75f"}',NULL,NULL);
CREATE TABLE holders (
	holder_ref VARCHAR(64) NOT NULL, 
	municipality VARCHAR(5) NOT NULL, 
	PRIMARY KEY (holder_ref)
);
INSERT INTO "holders" VALUES('2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37','28100');
CREATE TABLE incidents (
	incident_id VARCHAR(26) NOT NULL, 
	application_id VARCHAR(26) NOT NULL, 
	terminal_id VARCHAR(80) NOT NULL, 
	noticed_by VARCHAR(20) NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	detail TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (incident_id)
);
CREATE TABLE notes (
	note_id VARCHAR(26) NOT NULL, 
	application_id VARCHAR(26) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	body TEXT NOT NULL, 
	taken_at BIGINT NOT NULL, 
	state_after VARCHAR(20) NOT NULL, 
	PRIMARY KEY (note_id), 
	FOREIGN KEY(application_id) REFERENCES applications (application_id)
);
INSERT INTO "notes" VALUES('01KT5FX4M04E122SSS9ZYFMYPS','01KT5FX4M0S30EG58PQ46VB3AW','paid','{"note_id":"01KT5FX4M04E122SSS9ZYFMYPS","kind":"paid","at":"2026-06-03T10:00:00.000017+09:00","amount":250,"sheets_printed":0,"reason":""}',1780448400000017,'paid');
INSERT INTO "notes" VALUES('01KT5FX4M00WDZESPJE10QX1SK','01KT5FX4M0S30EG58PQ46VB3AW','handed_over','{"note_id":"01KT5FX4M00WDZESPJE10QX1SK","kind":"handed_over","at":"2026-06-03T10:00:00.000017+09:00","amount":0,"sheets_printed":0,"reason":""}',1780448400000017,'handed_over');
INSERT INTO "notes" VALUES('01KT5FX4M0YVQE67J0NFZGZG76','01KT5FX4M0XCX8KW98KZK9H4QN','paid','{"note_id":"01KT5FX4M0YVQE67J0NFZGZG76","kind":"paid","at":"2026-06-03T10:00:00.000017+09:00","amount":500,"sheets_printed":0,"reason":""}',1780448400000017,'paid');
CREATE TABLE outbox (
	position INTEGER NOT NULL, 
	note_id VARCHAR(26) NOT NULL, 
	application_id VARCHAR(26) NOT NULL, 
	municipality VARCHAR(5) NOT NULL, 
	body TEXT NOT NULL, 
	outcome VARCHAR(80), 
	PRIMARY KEY (position), 
	UNIQUE (note_id), 
	FOREIGN KEY(application_id) REFERENCES applications (application_id)
);
INSERT INTO "outbox" VALUES(1,'01KT5FX4M04E122SSS9ZYFMYPS','01KT5FX4M0S30EG58PQ46VB3AW','28100','{"note_id":"01KT5FX4M04E122SSS9ZYFMYPS","kind":"paid","at":"2026-06-03T10:00:00.000017+09:00","amount":250,"sheets_printed":0,"reason":""}','delivered');
INSERT INTO "outbox" VALUES(2,'01KT5FX4M00WDZESPJE10QX1SK','01KT5FX4M0S30EG58PQ46VB3AW','28100','{"note_id":"01KT5FX4M00WDZESPJE10QX1SK","kind":"handed_over","at":"2026-06-03T10:00:00.000017+09:00","amount":0,"sheets_printed":0,"reason":""}','delivered');
INSERT INTO "outbox" VALUES(3,'01KT5FX4M0Z7HFKDEXXDRMMQND','01KT5FX4M0B1ZXGRFNE2CGJST8','28100','{"note_id":"01KT5FX4M0Z7HFKDEXXDRMMQND","kind":"cancelled","at":"2026-06-03T10:00:00.000017+09:00","amount":0,"sheets_printed":0,"reason":"done","lapsed":false}','delivered');
INSERT INTO "outbox" VALUES(4,'01KT5FX4M0YVQE67J0NFZGZG76','01KT5FX4M0XCX8KW98KZK9H4QN','28100','{"note_id":"01KT5FX4M0YVQE67J0NFZGZG76","kind":"paid","at":"2026-06-03T10:00:00.000017+09:00","amount":500,"sheets_printed":0,"reason":""}','delivered');
CREATE TABLE sessions (
	session_id VARCHAR(26) NOT NULL, 
	terminal_id VARCHAR(80) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	opened_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	nonce VARCHAR(44), 
	nonce_expires_at BIGINT, 
	holder_ref VARCHAR(64), 
	place VARCHAR(10), 
	municipality VARCHAR(5), 
	offers TEXT, 
	applications INTEGER NOT NULL, 
	ended_at BIGINT, 
	end_reason VARCHAR(200) NOT NULL, 
	PRIMARY KEY (session_id)
);
INSERT INTO "sessions" VALUES('01KT5FX4M0D96SHX7E7F58GY6F','KIOSK-STORE-01','ended',1780448400000017,1780449300000017,NULL,1780448460000017,'2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37','address','28100',NULL,1,1780448400000017,'done');
INSERT INTO "sessions" VALUES('01KT5FX4M0CX5TJ4M365HZFHMT','KIOSK-STORE-01','ended',1780448400000017,1780449300000017,NULL,1780448460000017,'2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37','address','28100',NULL,1,1780448400000017,'done');
INSERT INTO "sessions" VALUES('01KT5FX4M0H0PRZQ2Y9KHS16HH','KIOSK-STORE-01','open',1780448400000017,1780449300000017,NULL,1780448460000017,'2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37','address','28100','{"municipality":{"code":"28100","prefecture":"兵庫県","name":"神戸市","prefecture_en":"Hyogo","name_en":"Kobe City","kana":"こうべし","participating":true,"accent":"#0A5A8C","telephone":"078-000-0000"},"offers":[{"kind":"residence","fee":250,"max_copies":10,"hours":"6:30〜23:00","options":["relationship","domicile","my_number"],"members":[{"ref":"6f6cae188fef7a6ba9b1816bb98ad42edc391dae7f1b7a6110eece1652039bbf","name":"六甲　翠","relationship":"世帯主","holder":true,"refusal":null}],"whole_household":true,"refusal":null},{"kind":"seal_registration","fee":250,"max_copies":10,"hours":"6:30〜23:00","options":[],"members":[{"ref":"6f6cae188fef7a6ba9b1816bb98ad42edc391dae7f1b7a6110eece1652039bbf","name":"六甲　翠","relationship":"世帯主","holder":true,"refusal":null}],"whole_household":false,"refusal":null}]}',1,NULL,'');
INSERT INTO "sessions" VALUES('01KT5FX4M01KTHVEJW3SYE67V9','KIOSK-STORE-01','open',1780448400000017,1780449300000017,NULL,1780448460000017,'2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37','address','28100','{"municipality":{"code":"28100","prefecture":"兵庫県","name":"神戸市","prefecture_en":"Hyogo","name_en":"Kobe City","kana":"こうべし","participating":true,"accent":"#0A5A8C","telephone":"078-000-0000"},"offers":[{"kind":"residence","fee":250,"max_copies":10,"hours":"6:30〜23:00","options":["relationship","domicile","my_number"],"members":[{"ref":"6f6cae188fef7a6ba9b1816bb98ad42edc391dae7f1b7a6110eece1652039bbf","name":"六甲　翠","relationship":"世帯主","holder":true,"refusal":null}],"whole_household":true,"refusal":null},{"kind":"seal_registration","fee":250,"max_copies":10,"hours":"6:30〜23:00","options":[],"members":[{"ref":"6f6cae188fef7a6ba9b1816bb98ad42edc391dae7f1b7a6110eece1652039bbf","name":"六甲　翠","relationship":"世帯主","holder":true,"refusal":null}],"whole_household":false,"refusal":null}]}',1,NULL,'');
CREATE TABLE sheets (
	application_id VARCHAR(26) NOT NULL, 
	number INTEGER NOT NULL, 
	body BLOB NOT NULL, 
	PRIMARY KEY (application_id, number), 
	FOREIGN KEY(application_id) REFERENCES applications (application_id)
);
INSERT INTO "sheets" VALUES('01KT5FX4M0XCX8KW98KZK9H4QN',1,X'255044462D312E330A25BFF7A2FE0A312030206F626A0A3C3C202F5061676573203320302052202F');
INSERT INTO "sheets" VALUES('01KT5FX4M0XCX8KW98KZK9H4QN',2,X'255044462D312E330A25BFF7A2FE0A312030206F626A0A3C3C202F5061676573203320302052202F');
INSERT INTO "sheets" VALUES('01KT5FX4M09P64V4ZTMMZD88BN',1,X'255044462D312E330A25BFF7A2FE0A312030206F626A0A3C3C202F5061676573203320302052202F');
CREATE TABLE terminals (
	terminal_id VARCHAR(80) NOT NULL, 
	operator VARCHAR(80) NOT NULL, 
	shop VARCHAR(80) NOT NULL, 
	area VARCHAR(5) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	key_sha256 VARCHAR(64) NOT NULL, 
	PRIMARY KEY (terminal_id), 
	UNIQUE (key_sha256)
);
INSERT INTO "terminals" VALUES('KIOSK-STORE-01','見本コンビニ','見本町一丁目店','28100','store','085ba5db7901aa8d41b695fe865350ed2b0f8b1bd14833964e3a401559f06a3d');
INSERT INTO "terminals" VALUES('KIOSK-CITY-01','神戸市','見本区役所','28100','municipal','29aad1530eb3d3271f05ee486ea05171256ce57e39e4f24f41d788c4bc43a123');
CREATE INDEX sessions_living ON sessions (state, expires_at);
CREATE INDEX ix_applications_session_id ON applications (session_id);
CREATE INDEX ix_notes_application_id ON notes (application_id);
CREATE INDEX ix_incidents_application_id ON incidents (application_id);
CREATE INDEX ix_outbox_outcome ON outbox (outcome);
COMMIT;
