// The Luwak benchmark on Lucene Monitor: one thread, after warm-up.
// java -cp 'LIB/*' Luwak.java QUERIES DOCUMENTS PRESEARCHER MATCHER BATCH ROUNDS
// QUERIES: id TAB query; DOCUMENTS: id TAB text in base64. PRESEARCHER: none, term or multipass, the last two alone or
// with "-ngram" (Luwak's own n-grams for wildcards) or "-edge" (n-grams from the beginnings of words only).
// MATCHER: simple, or highlights (the places of every match as well). BATCH: documents in one call. Prints the matches
// of the last round as "document TAB query", then "# documents a second, places: N M" of the fastest round, by the CPU
// time of the thread that matches, without that of the compiler and the collector.

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenFilter;
import org.apache.lucene.analysis.util.CharTokenizer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.Term;
import org.apache.lucene.monitor.CustomQueryHandler;
import org.apache.lucene.monitor.HighlightsMatch;
import org.apache.lucene.monitor.MatcherFactory;
import org.apache.lucene.monitor.Monitor;
import org.apache.lucene.monitor.MonitorQuery;
import org.apache.lucene.monitor.MultiMatchingQueries;
import org.apache.lucene.monitor.MultipassTermFilteredPresearcher;
import org.apache.lucene.monitor.Presearcher;
import org.apache.lucene.monitor.QueryMatch;
import org.apache.lucene.monitor.QueryTree;
import org.apache.lucene.monitor.RegexpQueryHandler;
import org.apache.lucene.monitor.TermFilteredPresearcher;
import org.apache.lucene.monitor.TermWeightor;
import org.apache.lucene.queryparser.classic.QueryParser;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.RegexpQuery;

public class Luwak {
  // Words as Gordon reads them: runs of letters and digits, without case and accents.
  static final class Folding extends Analyzer {
    @Override
    protected TokenStreamComponents createComponents(String field) {
      Tokenizer words = CharTokenizer.fromTokenCharPredicate(Character::isLetterOrDigit);
      return new TokenStreamComponents(words, normalize(field, words));
    }

    @Override
    protected TokenStream normalize(String field, TokenStream in) {
      return new ASCIIFoldingFilter(new LowerCaseFilter(in));
    }
  }

  // Lucene files queries with a prefix under "any document"; Luwak took its n-grams for them too.
  static final class Ngrams implements CustomQueryHandler {
    private final RegexpQueryHandler regexps = new RegexpQueryHandler();

    @Override
    public QueryTree handleQuery(Query query, TermWeightor weightor) {
      if (query instanceof PrefixQuery prefix) {
        String pattern = prefix.getPrefix().text() + ".*";
        return regexps.handleQuery(new RegexpQuery(new Term(prefix.getField(), pattern)), weightor);
      }
      return null;
    }

    @Override
    public TokenStream wrapTermStream(String field, TokenStream in) {
      return regexps.wrapTermStream(field, in);
    }
  }

  // Fewer: a word and its beginnings.
  static final class Edges implements CustomQueryHandler {
    @Override
    public QueryTree handleQuery(Query query, TermWeightor weightor) {
      return query instanceof PrefixQuery prefix ? QueryTree.term(prefix.getPrefix(), weightor) : null;
    }

    @Override
    public TokenStream wrapTermStream(String field, TokenStream in) {
      return new EdgeNGramTokenFilter(in, 1, 20, true);
    }
  }

  static Presearcher presearcher(String name) {
    List<CustomQueryHandler> handlers =
        name.endsWith("-ngram")
            ? List.of(new Ngrams())
            : name.endsWith("-edge") ? List.of(new Edges()) : Collections.emptyList();
    TermWeightor weightor = TermFilteredPresearcher.DEFAULT_WEIGHTOR;
    return switch (name.split("-")[0]) {
      case "none" -> Presearcher.NO_FILTERING;
      case "term" -> new TermFilteredPresearcher(weightor, handlers, Collections.emptySet());
      case "multipass" ->
          new MultipassTermFilteredPresearcher(2, 0, weightor, handlers, Collections.emptySet());
      default -> throw new IllegalArgumentException(name);
    };
  }

  static final FieldType TYPE = new FieldType(TextField.TYPE_NOT_STORED);
  static int places;

  static List<String[]> pairs(String path) throws Exception {
    return Files.readAllLines(Path.of(path)).stream().map(line -> line.split("\t", 2)).toList();
  }

  static <T extends QueryMatch> void match(
      Monitor monitor, List<String[]> texts, MatcherFactory<T> matcher, StringBuilder found) throws Exception {
    Document[] batch = new Document[texts.size()];
    for (int n = 0; n < batch.length; n++) {
      batch[n] = new Document();
      batch[n].add(new Field("text", texts.get(n)[1], TYPE));
    }
    MultiMatchingQueries<T> matches = monitor.match(batch, matcher);
    for (int n = 0; n < batch.length; n++) {
      for (QueryMatch match : matches.getMatches(n)) {
        found.append(texts.get(n)[0]).append('\t').append(match.getQueryId()).append('\n');
        places += match instanceof HighlightsMatch shown ? shown.getHitCount() : 0;
      }
    }
  }

  public static void main(String[] args) throws Exception {
    Analyzer analyzer = new Folding();
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    int size = Integer.parseInt(args[4]);
    boolean highlights = args[3].equals("highlights");
    if (highlights) {
      TYPE.setIndexOptions(IndexOptions.DOCS_AND_FREQS_AND_POSITIONS_AND_OFFSETS);
    }
    MatcherFactory<?> matcher = highlights ? HighlightsMatch.MATCHER : QueryMatch.SIMPLE_MATCHER;
    try (Monitor monitor = new Monitor(analyzer, presearcher(args[2]))) {
      List<MonitorQuery> queries = new ArrayList<>();
      for (String[] pair : pairs(args[0])) {
        queries.add(new MonitorQuery(pair[0], new QueryParser("text", analyzer).parse(pair[1])));
      }
      monitor.register(queries);
      List<String[]> texts = new ArrayList<>();
      for (String[] pair : pairs(args[1])) {
        texts.add(new String[] {pair[0], new String(Base64.getDecoder().decode(pair[1]), StandardCharsets.UTF_8)});
      }
      double best = 0;
      StringBuilder found = new StringBuilder();
      for (int round = 0; round < Integer.parseInt(args[5]); round++) {
        found.setLength(0);
        places = 0;
        long start = clock.getCurrentThreadCpuTime();
        for (int first = 0; first < texts.size(); first += size) {
          match(monitor, texts.subList(first, Math.min(first + size, texts.size())), matcher, found);
        }
        best = Math.max(best, texts.size() * 1e9 / (clock.getCurrentThreadCpuTime() - start));
      }
      System.out.print(found);
      System.out.printf("# documents a second, places: %.1f %d%n", best, places);
    }
  }
}
