BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE generation (
	number INTEGER NOT NULL, 
	municipality VARCHAR(5) NOT NULL, 
	made_at VARCHAR(32) NOT NULL, 
	loaded_at VARCHAR(32) NOT NULL, taken_back_at VARCHAR(32), 
	PRIMARY KEY (number)
);
INSERT INTO "generation" VALUES(1,'28100','2026-06-03T05:00:00+09:00','2026-06-03T10:00:00.000017+09:00',NULL);
CREATE TABLE imprint (
	sha256 VARCHAR(64) NOT NULL, 
	png BLOB NOT NULL, 
	PRIMARY KEY (sha256)
);
CREATE TABLE measure (
	person VARCHAR(40) NOT NULL, 
	reason VARCHAR(100) NOT NULL, 
	since DATE NOT NULL, 
	until DATE, 
	released_on DATE, 
	told_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (person, reason, since)
);
INSERT INTO "measure" VALUES('0000101201','支援措置（配偶者からの暴力）','2024-01-10','2027-01-09',NULL,'2026-06-03T05:00:00+09:00');
INSERT INTO "measure" VALUES('0000101202','支援措置（配偶者からの暴力）','2024-01-10','2027-01-09',NULL,'2026-06-03T05:00:00+09:00');
INSERT INTO "measure" VALUES('0000101401','支援措置（ストーカー行為等）','2025-06-02','2026-06-01',NULL,'2026-06-03T05:00:00+09:00');
CREATE TABLE notice (
	generation INTEGER NOT NULL, 
	holder_ref VARCHAR(64) NOT NULL, 
	line BIGINT NOT NULL, 
	issue_number VARCHAR(100) NOT NULL, 
	serial VARCHAR(40) NOT NULL, 
	person VARCHAR(40) NOT NULL, 
	municipality VARCHAR(5) NOT NULL, 
	PRIMARY KEY (generation, holder_ref)
);
INSERT INTO "notice" VALUES(1,'a3d734a4d3d3e9c7c8e85c692dabcdd9b33c308f7e197444b130caaf404dfd21',2,'U52V89HHTP27C328100002A','5C847822D1994F3D','0000100201','28100');
INSERT INTO "notice" VALUES(1,'54e0a29751041b189e2c44b6164afe54c83aef8b2309b6f7eb7b548db787ce4e',7,'1VQELSYARXHTCX28100012A','6A875F77CDE5B67A','0000100201','28100');
INSERT INTO "notice" VALUES(1,'c71e05777273d12e2405e5f9a643110931af57236f2940c2db141a8bc4f12e7b',27,'853MRGMZVQG7RK28100001A','655CA6EB473FBF33','0000101401','28100');
INSERT INTO "notice" VALUES(1,'e2adf08ccba4c5945f02564baa30bec41cce4347a17a6660dfd7e555aad9367a',29,'AQDPWRENMQ3PXZ28100006A','722B3F9329A94FF0','0000100201','28100');
INSERT INTO "notice" VALUES(1,'c3e09f24253f70bae26a75039553ba182a3fe05636a0d2b9f1506c35a8fb3d94',34,'BS6NHV2WY96KCK28100003A','717DE4A7577D244D','0000100201','28100');
INSERT INTO "notice" VALUES(1,'f715e3e013154d87c5b5cb0967721bc9dc68009db439c2c3b5bde21b2df5abcc',45,'FBGYCHW9J96E7Q28100001A','4744AF8A1C684D7F','0000101202','28100');
INSERT INTO "notice" VALUES(1,'03818648216998a0d1cf139b00fa7c4486c1abc64e9998cf23e94d03665e7da0',53,'H7FMC74LPTUXM928100010A','4EC484A8FC2FE380','0000100201','28100');
INSERT INTO "notice" VALUES(1,'f75c8228c5dc41aa233844d30ae28f6809eca8e8a42046de872fc46f44d724c5',70,'MRQJF9HHBEE43228100007A','6F18E5513509DB39','0000100201','28100');
INSERT INTO "notice" VALUES(1,'520b6ddf2bbf621f690e88c1fcf8678ec59f686b1de9299e6e55358bd6835137',76,'PDPYJVQVZG0PBN28100011A','70D3F2172FB41D5D','0000100201','28100');
INSERT INTO "notice" VALUES(1,'6bc4d726c6725d745b15ffc5f2c1bde50a986de8fb175a47f4722b33d415bba0',79,'PKZBKZRLNN92C928100001A','611C0D12B4346C7B','0000101201','28100');
INSERT INTO "notice" VALUES(1,'50a9c3d51035751125e321c29e3e6450add4c54fce1f54d72b0992317ab60afb',94,'TSZ63VTAB4515628100009A','7BB766EDE631C24F','0000100201','28100');
INSERT INTO "notice" VALUES(1,'ff5447ada64f27343abd7e5d94edaca83f7c577747a450829b50844e42240428',95,'TTQUVY1AFBSXML28100004A','56D30AAD4E70FB53','0000100201','28100');
INSERT INTO "notice" VALUES(1,'4436c8117e4a2fdf9c1d6aa00f0602715e918bcfffebd87893c4060b356334b1',98,'V0JZWTL0891RYZ28100008A','70F7AFA8F110BAF5','0000100201','28100');
INSERT INTO "notice" VALUES(1,'2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37',105,'XSDE9GVHKZKFYQ28100001A','62BC0EECF3836717','0000100201','28100');
CREATE TABLE person (
	generation INTEGER NOT NULL, 
	"key" VARCHAR(40) NOT NULL, 
	line INTEGER NOT NULL, 
	household VARCHAR(40) NOT NULL, 
	position INTEGER NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	kana VARCHAR(200) NOT NULL, 
	birth DATE NOT NULL, 
	sex VARCHAR(1) NOT NULL, 
	relationship VARCHAR(20) NOT NULL, 
	address VARCHAR(300) NOT NULL, 
	head_of_household VARCHAR(200) NOT NULL, 
	resident_since DATE NOT NULL, 
	address_since DATE, 
	notified_on DATE NOT NULL, 
	previous_address VARCHAR(300) NOT NULL, 
	domicile VARCHAR(300) NOT NULL, 
	domicile_head VARCHAR(200) NOT NULL, 
	my_number VARCHAR(12) NOT NULL, 
	status VARCHAR(12) NOT NULL, 
	moved_to VARCHAR(300) NOT NULL, 
	moves_on DATE, 
	former_surname VARCHAR(200) NOT NULL, 
	alias VARCHAR(200) NOT NULL, 
	alias_kana VARCHAR(200) NOT NULL, 
	nationality VARCHAR(100) NOT NULL, 
	status_of_residence VARCHAR(100) NOT NULL, 
	period VARCHAR(100) NOT NULL, 
	period_ends DATE, 
	card_number VARCHAR(12) NOT NULL, 
	category VARCHAR(100) NOT NULL, 
	PRIMARY KEY (generation, "key")
);
INSERT INTO "person" VALUES(1,'0000100201',8,'0000100200',1,'六甲　翠','ロッコウ　ミドリ','1994-05-04','2','世帯主','兵庫県神戸市灘区見本台二丁目５番１２号　見本ハイツ２０３号','六甲　翠','2018-04-01','2023-09-30','2023-10-02','京都府京都市左京区仮設町１５番地','京都府京都市左京区仮設町１５番地','六甲　峰夫','261111319755','resident','',NULL,'','','','','','',NULL,'','');
INSERT INTO "person" VALUES(1,'0000101201',23,'0000101200',1,'須磨　静香','スマ　シズカ','1986-06-06','2','世帯主','兵庫県神戸市須磨区試験台一丁目４番７号','須磨　静香','2024-01-10',NULL,'2024-01-10','兵庫県姫路市見本一丁目１番２号','兵庫県姫路市見本一丁目１番地','須磨　静香','153822054117','resident','',NULL,'','','','','','',NULL,'','');
INSERT INTO "person" VALUES(1,'0000101202',24,'0000101200',2,'須磨　凪','スマ　ナギ','2009-04-29','1','子','兵庫県神戸市須磨区試験台一丁目４番７号','須磨　静香','2024-01-10',NULL,'2024-01-10','兵庫県姫路市見本一丁目１番２号','兵庫県姫路市見本一丁目１番地','須磨　静香','702263516363','resident','',NULL,'','','','','','',NULL,'','');
INSERT INTO "person" VALUES(1,'0000101401',27,'0000101400',1,'髙﨑　誠司','タカサキ　セイジ','1979-09-19','1','世帯主','兵庫県神戸市長田区仮名町二丁目８番１５号','髙﨑　誠司','2025-05-31',NULL,'2025-06-02','兵庫県尼崎市架空通４番地','兵庫県尼崎市架空通４番地','髙﨑　誠司','425645641790','resident','',NULL,'','','','','','',NULL,'','');
INSERT INTO "person" VALUES(1,'0000100402',12,'0000100400',2,'SILVA SANTOS MARIA','シルヴァ　サントス　マリア','1987-02-19','2','妻','兵庫県神戸市中央区見本町二丁目７番５号','北野　健','2013-07-01',NULL,'2013-07-08','静岡県浜松市中央区架空台１１番地','','','617547446945','resident','',NULL,'','北野　マリア','キタノ　マリア','ブラジル','永住者','無期限',NULL,'ZZ10000402ZZ','中長期在留者');
CREATE TABLE pointer (
	id INTEGER NOT NULL, 
	generation INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "pointer" VALUES(1,1);
CREATE TABLE record (
	generation INTEGER NOT NULL, 
	register VARCHAR(40) NOT NULL, 
	"key" VARCHAR(100) NOT NULL, 
	line INTEGER NOT NULL, 
	person VARCHAR(40) NOT NULL, 
	"group" VARCHAR(100) NOT NULL, 
	body JSON NOT NULL, 
	PRIMARY KEY (generation, register, "key")
);
CREATE TABLE seal (
	generation INTEGER NOT NULL, 
	person VARCHAR(40) NOT NULL, 
	number VARCHAR(20) NOT NULL, 
	registered_on DATE NOT NULL, 
	imprint VARCHAR(64) NOT NULL, 
	width_mm FLOAT NOT NULL, 
	height_mm FLOAT NOT NULL, 
	PRIMARY KEY (generation, person)
);
CREATE TABLE set_aside (
	generation INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	register VARCHAR(40) NOT NULL, 
	person VARCHAR(40) NOT NULL, 
	"key" VARCHAR(100) NOT NULL, 
	"group" VARCHAR(100) NOT NULL, 
	file VARCHAR(100) NOT NULL, 
	line INTEGER NOT NULL, 
	"column" VARCHAR(100) NOT NULL, 
	remedy VARCHAR(300) NOT NULL, 
	PRIMARY KEY (generation, number)
);
CREATE INDEX notice_person ON notice (generation, person, line);
CREATE INDEX person_household ON person (generation, household, position);
CREATE INDEX seal_imprint ON seal (imprint);
CREATE INDEX record_person ON record (generation, register, person);
CREATE INDEX record_group ON record (generation, register, "group");
CREATE INDEX set_aside_person ON set_aside (generation, person, register);
CREATE INDEX set_aside_group ON set_aside (generation, "group", register);
COMMIT;
