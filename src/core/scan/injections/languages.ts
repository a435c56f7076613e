/**
 * "Ignore all previous instructions" in languages other than English: verbs / what is to be ignored /
 * which of it.
 *
 * Stems, so that they hold for most forms of a word. As with English: a tripwire, not a wall.
 *
 * @module
 */

import type { NearbyRow } from './nearby.ts';

export const OTHER_LANGUAGES: readonly NearbyRow[] = [
  [
    'de',
    'ignorier missacht vergiss vergesst übergeh / anweisung instruktion befehl vorgabe systemprompt / vorherig vorig bisherig obig früher alle_anw alle_inst',
  ],
  [
    'nl',
    'negeer vergeet / instructie opdracht aanwijzing / vorige eerdere voorgaande bovenstaande',
  ],
  ['sv', 'ignorera bortse glöm / instruktion anvisning / tidigare föregående ovanstående'],
  [
    'da/no',
    'ignorer glem se_bort / instruks instruktion anvisning / tidligere forrige foregående ovenstående',
  ],
  ['fi', 'unohda jätä_huomi ohita / ohje käsky / aiem edelli kaikki'],
  [
    'fr',
    'ignore ignorez oublie oubliez ne_tiens ne_tenez / instruction consigne directive / précédent antérieur ci-dessus',
  ],
  [
    'es',
    'ignora ignore olvida olvide haz_caso descarta / instruccion órden orden indicacion / anterior previa previo arriba',
  ],
  [
    'pt',
    'ignore ignora esqueça esquece desconsider / instruç ordens orientaç / anterior prévi acima',
  ],
  ['it', 'ignora ignorate dimentica / istruzion ordini indicazion / precedent sopra anterior'],
  ['ca', 'ignora oblida / instruccion / anterior prèvi'],
  ['ro', 'ignoră ignora uită uita / instrucțiun / anterioare precedente de_mai_sus'],
  ['pl', 'zignoruj ignoruj zapomnij pomiń / instrukcj poleceni / poprzedni wcześniejsz powyższ'],
  ['cs/sk', 'ignoruj zapomeň zabudni / instrukc pokyn / předchoz předešl predchádz všechny'],
  ['hu', 'hagyd_figyelmen felejtsd / utasítás / korábbi előző fenti'],
  ['hr/sr', 'zanemari ignoriraj ignoriši zaboravi / uput instrukcij / prethodn ranij'],
  ['tr', 'yok_say görmezden unut dikkate_alma / talimat yönerge komut / önceki yukarıdaki tüm'],
  ['id/ms', 'abaikan lupakan / instruksi perintah arahan / sebelum di_atas'],
  ['vi', 'bỏ_qua quên phớt_lờ / hướng_dẫn chỉ_dẫn chỉ_thị / trước ở_trên'],
  ['tl', 'huwag_pansinin kalimutan balewalain / tagubilin utos panuto / nauna nakaraang'],
  ['sw', 'puuza sahau / maagizo maelekezo / awali yaliyotangulia'],
  [
    'ru',
    'игнорир забудь забудьте не_обращай / инструкц указани правил команд / предыдущ прошл прежн все_ выше',
  ],
  ['uk', 'ігнор забудь знехтуй / інструкц вказівк / попередн всі_'],
  ['bg', 'игнорир забрави пренебрегни / инструкци указани / предишн предходн'],
  ['el', 'αγνόησε αγνοήστε ξέχνα ξέχασε / οδηγί εντολ / προηγούμεν παραπάνω'],
  ['ar', 'تجاهل انس / تعليمات أوامر إرشادات / السابقة السابق أعلاه'],
  ['fa', 'نادیده فراموش / دستور / قبلی بالا پیشین'],
  ['he', 'התעלם תתעלם שכח / הוראות הנחיות / הקודמ לעיל'],
  ['hi', 'अनदेखा नज़रअंदाज भूल / निर्देश आदेश / पिछल पूर्व सभी'],
  ['bn', 'উপেক্ষা ভুলে / নির্দেশ / পূর্ববর্তী আগের'],
  ['th', 'เพิกเฉย ละเว้น ลืม ไม่ต้องสนใจ / คำสั่ง คำแนะนำ / ก่อนหน้า ทั้งหมด'],
  [
    'ja',
    '無視 忘れ 従わない / 指示 命令 プロンプト / 以前 前の これまで 上記 すべて 全て 指示を無',
  ],
  ['ko', '무시 잊어 / 지시 명령 프롬프트 / 이전 앞의 위의 모든'],
  [
    'zh',
    '忽略 无视 無視 忘记 忘記 不要理会 / 指令 指示 提示 命令 / 之前 以上 先前 所有 前面 上述 此前',
  ],
];
